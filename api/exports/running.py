"""The export job: read a case's instances, write the archive, tell that it is there.

May run twice: the archive is replaced, and a row that has ended is left alone.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import partial
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from api.events.append import case_changed
from api.exports.archive import Open, Written, pieces
from api.exports.requesting import object_name
from api.persistence.columns import now
from api.persistence.notices import Topic
from api.persistence.tables import CaseStudy, Export, Instance, Series
from api.storage.object_store import ObjectDamaged, ObjectMissing
from api.telemetry import span
from api.unit_of_work import House

NOTHING = "The case holds no images."
TOO_LARGE = "The case's images have more than {} bytes, which is more than one export takes. Ask the operator."
ALL_LEFT_OUT = "No image of the case can be de-identified: their pixels may show text, or they cannot be read."
DAMAGED = "A stored image cannot be read. Send the images again, or ask the operator."
INTERNAL = "Something went wrong inside Hilum. Ask for the export again, or ask the operator."


async def run(house: House, export_key: UUID) -> None:
    with span("export:run"):
        async with house.unit_of_work() as uow:
            export = await uow.session.get(Export, export_key)
        if export is None or export.status != "WAITING":
            return
        instances = await _instances(house, export)
        if not instances:
            await _end(house, export_key, failure=NOTHING)
            return
        if sum(size for _, _, size in instances) > house.settings.export_bytes:
            await _end(house, export_key, failure=TOO_LARGE.format(house.settings.export_bytes))
            return
        written = Written()
        try:
            await house.store.put(object_name(export), _archive(house, export, instances, written))
        except (ObjectMissing, ObjectDamaged):
            await _end(house, export_key, failure=DAMAGED)
            return
        if written.instances == 0:
            await house.store.delete(object_name(export))
            await _end(house, export_key, failure=ALL_LEFT_OUT, written=written)
            return
        await _end(house, export_key, written=written)


async def give_up(house: House, export_key: UUID) -> None:
    """Where it failed, or its workers died, again and again."""
    await _end(house, export_key, failure=INTERNAL)


async def _instances(house: House, export: Export) -> list[tuple[str, UUID, int]]:
    """(folder, key, bytes as received) of the case's instances, series by series."""
    statement = (
        select(col(Series.key), col(Instance.key), col(Instance.size))
        .join(Series, col(Series.key) == col(Instance.series_key))
        .join(CaseStudy, col(CaseStudy.study_key) == col(Series.study_key))
        .where(col(CaseStudy.case_key) == export.case_key)
        .order_by(col(Series.created_at), col(Series.key), col(Instance.instance_number), col(Instance.key))
    )
    async with house.unit_of_work() as uow:
        rows = list(await uow.session.execute(statement))
    folders = {key: f"series-{number:03d}" for number, key in enumerate(dict.fromkeys(row[0] for row in rows), start=1)}
    return [(folders[row[0]], row[1], row[2]) for row in rows]


async def _archive(
    house: House, export: Export, instances: list[tuple[str, UUID, int]], written: Written
) -> AsyncIterator[bytes]:
    """Each piece is made in a thread, where the next instance is opened on this loop."""
    loop = asyncio.get_running_loop()

    def opened(key: UUID) -> BinaryIO:
        return asyncio.run_coroutine_threadsafe(house.store.open(f"instances/{key}"), loop).result()

    def each() -> Iterator[tuple[str, Open]]:
        for folder, key, _ in instances:
            yield folder, partial(opened, key)

    making = pieces(each(), export.with_identity, written)
    while (piece := await asyncio.to_thread(next, making, None)) is not None:
        if piece:
            yield piece


async def _end(house: House, export_key: UUID, *, failure: str | None = None, written: Written | None = None) -> None:
    async with house.unit_of_work() as uow:
        export = await uow.session.get(Export, export_key, with_for_update=True)
        if export is None or export.status != "WAITING":
            return
        export.status = "READY" if failure is None else "FAILED"
        export.failure = failure
        export.expires_at = now() + timedelta(hours=uow.settings.export_hours)
        if written is not None:
            export.size, export.left_out = written.size, written.left_out
        uow.audit("export:end", export.key, "ok" if failure is None else "failed")
        if failure is None:
            await uow.notify(Topic.EXPORT_READY, export.case_key, export.key)
        uow.tell(*case_changed(export.case_key, export.organization_key))
