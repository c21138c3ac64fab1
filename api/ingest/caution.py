"""Which candidate kills its worker. After a death each is worked on alone, and noted before; the note outlives it."""

import logging
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from api.errors import Rejected, RejectionCode
from api.ingest.contents import Found
from api.ingest.faults import is_passing
from api.persistence.tables import Upload
from api.persistence.tables.uploads import IngestTry
from api.unit_of_work import House

log = logging.getLogger(__name__)

TRIES = 2  # alone: one death may have had another cause


def too_dangerous() -> Rejected:
    return Rejected(
        RejectionCode.CORRUPT, "Reading it stopped the machine's work more than once. Ask the operator to look at it."
    )


async def note(house: House, found: Found) -> int:
    """How often it was begun alone without an end, this time counted."""
    statement = insert(IngestTry).values(file_key=found.file_key, path_digest=_digest(house, found), tries=1)
    counted = statement.on_conflict_do_update(
        index_elements=["file_key", "path_digest"],
        set_={"tries": IngestTry.__table__.c.tries + 1},  # type: ignore[attr-defined]  # SQLModel hides it
    )
    async with house.sessions() as session, session.begin():
        return int(await session.scalar(counted.returning(col(IngestTry.tries))) or 1)


async def forget(house: House, found: Found) -> None:
    """It came to an end, good or bad."""
    statement = delete(IngestTry).where(
        col(IngestTry.file_key) == found.file_key, col(IngestTry.path_digest) == _digest(house, found)
    )
    async with house.sessions() as session, session.begin():
        await session.execute(statement)


async def leave(house: House, upload_key: UUID) -> None:
    """A run that ends of itself was no death. Where that cannot be written, the next run is careful for nothing."""
    statement = update(Upload).where(col(Upload.key) == upload_key).values(deaths=col(Upload.deaths) - 1)
    try:
        async with house.sessions() as session, session.begin():
            await session.execute(statement)
    except Exception as error:
        if not is_passing(error):
            raise
        log.warning("the end of an ingest could not be noted: %s", type(error).__name__)


def _digest(house: House, found: Found) -> str:
    return house.keyring.blind("ingest_tries.path_digest", found.file_key, found.path).hex()
