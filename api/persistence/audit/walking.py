"""Read chains as they lie, for proving them: texts as the database has them, a page at a time.

A row that somebody altered may hold what no entry can, such as a time that is no time: nothing is parsed here.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

PAGE = 5000
TIME = """to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""

CHAINS = text(
    "select organization_key from audit_chains union select distinct organization_key from audit_entries order by 1"
)
# One statement, and so one moment: an entry that is committed between two questions is no insertion.
ENDS = text(
    "select c.last_number, c.head, (select min(e.number) from audit_entries e where e.organization_key = :chain),"
    " (select max(e.number) from audit_entries e where e.organization_key = :chain)"
    " from (select cast(:chain as uuid) as key) k left join audit_chains c on c.organization_key = k.key"
)
ROWS = text(
    f"select number, {TIME}, organization_key::text, actor_key::text, api_key_key::text, action, subject_kind,"
    " subject_key::text, outcome, address, trace_id, hash from audit_entries"
    " where organization_key = :chain and number > :after and number <= :last order by number limit :page"
)


@dataclass(frozen=True, slots=True)
class Ends:
    """head_number, head: what the chain's row says, None without a row. first, last: numbers of entries there are."""

    head_number: int | None
    head: bytes | None
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class RawEntry:
    """fields: in the order of `hashing.FIELDS`."""

    number: int
    at: str | None
    fields: Sequence[str | None]
    hash: bytes


async def list_chains(session: AsyncSession) -> list[UUID]:
    return list((await session.execute(CHAINS)).scalars())


async def ends_of(session: AsyncSession, chain: UUID) -> Ends:
    row = (await session.execute(ENDS, {"chain": chain})).one()
    return Ends(row[0], bytes(row[1]) if row[1] is not None else None, row[2], row[3])


async def walk(
    sessions: async_sessionmaker[AsyncSession], chain: UUID, after: int, last: int
) -> AsyncGenerator[RawEntry, None]:
    """Entries numbered after `after` up to `last`, in order; holds one page, and a connection only while it reads."""
    while True:
        async with sessions() as session:
            given = {"chain": chain, "after": after, "last": last, "page": PAGE}
            rows = (await session.execute(ROWS, given)).all()
        for row in rows:
            number, at, organization, *others, digest = row
            yield RawEntry(number, at, [organization, str(number), at, *others], bytes(digest or b""))
        if len(rows) < PAGE:
            return
        after = rows[-1][0]
