"""`hilum organization`, `hilum account`: how a real installation begins, and how somebody locked out comes back."""

import argparse
from typing import TYPE_CHECKING

from api.commands.houses import with_house
from api.commands.parsing import Commands, add_command
from api.settings import Settings

if TYPE_CHECKING:
    from api.persistence.tables import Organization
    from api.unit_of_work import House

BESIDE = "Works beside a running server, and without one."


def add(commands: Commands) -> None:
    noun = commands.add_parser(
        "organization", help="make an organization, or let patients sign up there", description=BESIDE
    )
    verbs = noun.add_subparsers(dest="verb", required=True, metavar="VERB")
    create = add_command(
        verbs,
        "create",
        create_organization,
        "make an organization and invite its first administrator",
        "Prints the invitation, which is also sent by mail where a mail server is set.",
    )
    create.add_argument("name", metavar="NAME")
    create.add_argument("--administrator", required=True, metavar="EMAIL", help="who is invited as its administrator")
    for verb, run, summary in (
        ("open", open_organization, "let patients sign up without an invitation"),
        ("close", close_organization, "let nobody sign up without an invitation"),
    ):
        add_command(verbs, verb, run, summary).add_argument("name", metavar="NAME|ID")
    account = commands.add_parser("account", help="help somebody who cannot sign in", description=BESIDE)
    remove = add_command(
        account.add_subparsers(dest="verb", required=True, metavar="VERB"),
        "remove-second-factor",
        remove_second_factor,
        "let somebody who lost authenticator and recovery codes enrol anew",
        "Be sure of whom you speak to. All their sessions end; the next sign-in asks for the password and enrols.",
    )
    remove.add_argument("email", metavar="EMAIL")


def create_organization(settings: Settings, chosen: argparse.Namespace) -> int:
    async def create(house: "House") -> None:
        from api import accounts
        from api.permissions import Role

        async with house.unit_of_work() as uow:
            organization = await accounts.create_organization(uow, chosen.name)
            made = await accounts.add_invitation(
                uow, organization.key, chosen.administrator, Role.ADMINISTRATOR, created_by=None
            )
        _show(organization)
        print(f"Invitation for {made.row.email}, until {made.row.expires_at:%d %B %Y}: {made.token}")
        print(f"Sign up with it at {settings.url}/#/invitations/{made.token}")

    return with_house(settings, create)


def open_organization(settings: Settings, chosen: argparse.Namespace) -> int:
    return _set_open(settings, chosen.name, is_open=True)


def close_organization(settings: Settings, chosen: argparse.Namespace) -> int:
    return _set_open(settings, chosen.name, is_open=False)


def remove_second_factor(settings: Settings, chosen: argparse.Namespace) -> int:
    async def remove(house: "House") -> None:
        from api import accounts

        await accounts.remove_second_factor(house, chosen.email)
        print(f"{chosen.email} enrols an authenticator at the next sign-in.")

    return with_house(settings, remove)


def _set_open(settings: Settings, name: str, *, is_open: bool) -> int:
    async def change(house: "House") -> None:
        from api import accounts
        from schema.node_ids import find_key

        async with house.unit_of_work() as uow:
            organization = await accounts.find_organization(uow, name, find_key(name, "Organization"))
            await accounts.set_open(uow, organization, is_open)
        _show(organization)
        print(f"Patients {'sign up by themselves' if is_open else 'need an invitation'}.")

    return with_house(settings, change)


def _show(organization: "Organization") -> None:
    from schema.node_ids import node_id

    print(f"Organization {organization.name}, id {node_id('Organization', organization.key)}")
