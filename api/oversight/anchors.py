"""Keep the heads of the chains outside the database, where it cannot reach: objects that are retained for years.

Whoever can rewrite the database can rewrite a chain from some entry to its end, hashes and head included. What the
chain was at each anchor stays said.
"""

import json
import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from api.persistence.columns import now
from api.persistence.tables import AuditAnchor, AuditChain
from api.storage.object_store import ObjectDamaged, ObjectRetained, ObjectStore
from api.unit_of_work import House

log = logging.getLogger(__name__)

ANCHORS: Final = "audit/anchors/"


async def anchor(house: House, *, everything: bool = False) -> int:
    """Job: anchor each chain that grew and whose last anchor is old enough (or, with `everything`, any); how many."""
    last = now() - timedelta(minutes=house.settings.audit_anchor_minutes)
    grown = (
        select(AuditChain)
        .join(AuditAnchor, col(AuditAnchor.organization_key) == col(AuditChain.organization_key), isouter=True)
        .where(or_(col(AuditAnchor.number).is_(None), col(AuditAnchor.number) < col(AuditChain.last_number)))
    )
    if not everything:
        grown = grown.where(or_(col(AuditAnchor.at).is_(None), col(AuditAnchor.at) <= last))
    async with house.sessions() as session:
        chains = (await session.execute(grown.order_by(col(AuditChain.organization_key)))).scalars().all()
    for chain in chains:
        await _put(house, chain)
    return len(chains)


async def list_anchors(store: ObjectStore, chain: UUID) -> list[tuple[int, str]]:
    """Number and name of each anchor of the chain, by number."""
    names = await store.list(f"{ANCHORS}{chain}/")
    return [(int(name.rpartition("/")[2]), name) for name in names]


async def list_anchored_chains(store: ObjectStore) -> set[UUID]:
    return {UUID(name.split("/")[2]) for name in await store.list(ANCHORS)}


async def anchored_hash(store: ObjectStore, name: str) -> bytes | None:
    """None where the anchor itself is damaged. Raises: ObjectMissing."""
    try:
        return bytes.fromhex(json.loads(await store.read(name))["hash"])
    except (ObjectDamaged, ValueError, KeyError, TypeError):
        return None


async def _put(house: House, chain: AuditChain) -> None:
    at = now()
    content = {
        "organization": str(chain.organization_key),
        "number": chain.last_number,
        "hash": chain.head.hex(),
        "at": at.isoformat(),
    }
    name = f"{ANCHORS}{chain.organization_key}/{chain.last_number:020d}"  # sorts by number
    try:
        await house.store.put_retained(
            name, json.dumps(content).encode(), at + timedelta(days=house.settings.audit_anchor_days)
        )
    except ObjectRetained:
        # Another worker was faster; or the chain was cut back and grew again, which a verification will say.
        log.debug("entry %d of chain %s has its anchor already", chain.last_number, chain.organization_key)
    values = {"number": chain.last_number, "at": at}
    statement = insert(AuditAnchor).values(organization_key=chain.organization_key, **values)
    async with house.sessions() as session, session.begin():
        await session.execute(statement.on_conflict_do_update(index_elements=["organization_key"], set_=values))
