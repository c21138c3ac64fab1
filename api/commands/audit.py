"""`hilum audit verify`: prove that the audit trail is whole."""

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING
from uuid import UUID

from api.commands.databases import reached_database
from api.commands.parsing import Commands, add_command
from api.settings import Settings

if TYPE_CHECKING:
    from api.oversight.verification import Verdict
    from api.unit_of_work import House

SYSTEM = "system"


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "audit", help="prove the audit trail", description="The audit trail: `hilum audit verify` proves it."
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verifying = add_command(
        verbs,
        "verify",
        verify,
        "prove every chain from its first entry, and name the first that is broken",
        "Reads every entry and every anchor. Exit code: 0 all are whole, 1 one is broken or none could be read, "
        "2 there is no such organization.",
    )
    verifying.add_argument(
        "--organization", metavar="NAME", help=f"only this one's chain, by name or key; `{SYSTEM}` for Hilum's own"
    )


def verify(settings: Settings, chosen: argparse.Namespace) -> int:
    import psycopg
    from sqlalchemy.exc import OperationalError

    try:
        with reached_database(settings) as url:
            return asyncio.run(_verify(settings, url, chosen.organization))
    except (OSError, psycopg.OperationalError, OperationalError) as error:
        print(f"hilum: the audit trail cannot be read: {str(error).strip().splitlines()[0]}", file=sys.stderr)
        return 1


async def _verify(settings: Settings, url: str, wanted: str | None) -> int:
    from api.backends import open_backends
    from api.oversight.rounds import keep
    from api.oversight.verification import list_chains
    from api.oversight.verification import verify as prove
    from api.persistence.audit.entries import Service

    async with open_backends(settings, url, Service.COMMAND) as backends:
        house = backends.house
        names = await _names(house)
        chains = await list_chains(house) if wanted is None else _matching(names, wanted)
        if not chains and wanted is not None:
            print(f"hilum: there is no organization {wanted}; name one, or its key.", file=sys.stderr)
            return 2
        broken = 0
        for chain in chains:
            verdict = await prove(house, chain)
            await keep(house, verdict)
            print(_told(verdict, names.get(chain, "an organization that is gone")), flush=True)
            broken += not verdict.is_intact
    return 1 if broken else 0


async def _names(house: "House") -> dict[UUID, str]:
    from sqlalchemy import select

    from api.persistence.tables import SYSTEM_ORGANIZATION, Organization

    async with house.unit_of_work() as uow:
        rows = (await uow.session.execute(select(Organization))).scalars()
        return {SYSTEM_ORGANIZATION: SYSTEM} | {row.key: row.name for row in rows}


def _matching(names: dict[UUID, str], wanted: str) -> list[UUID]:
    return [key for key, name in names.items() if wanted in (name, str(key))]


def _told(verdict: "Verdict", name: str) -> str:
    fault = verdict.fault
    if fault is None:
        return f"{name}: intact, {verdict.entries} entries"
    when = f" of {fault.at}" if fault.at else ""
    return (
        f"{name}: BROKEN at entry {fault.number}{when} ({verdict.chain}:{fault.number}). {fault.what} "
        "All before it are right."
    )
