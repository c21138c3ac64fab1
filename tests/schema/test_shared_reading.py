"""A query reads in one transaction, and what goes wrong in one field spoils nothing of another."""

from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlmodel import col

from api.errors import NotFound
from api.persistence import tables
from api.unit_of_work import House
from schema.node_ids import node_id
from schema.shared_reading import SharedReading
from tests.schema.edge import Edge
from tests.schema.rows import Rows

CASE = """query ($id: ID!) { case(id: $id) { title patient { name } studies { series { stacks { frameCount } } }
  latestAnalysis { findings { id } } participants { access user { displayName } }
  comments(first: 5) { totalCount } } }"""


async def test_a_query_begins_one_transaction_for_all_it_reads(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    ask = {"id": node_id("Case", made.case.key)}
    await edge.data(CASE, ask, "clinician")  # so that the session is there, and the budget is known
    engine = edge.served.sessions.kw["bind"].sync_engine
    taken: list[object] = []

    def note(connection: object, *_: Any) -> None:
        taken.append(connection)

    event.listen(engine, "checkout", note)
    await edge.data(CASE, ask, "clinician")
    event.remove(engine, "checkout", note)

    assert len(taken) <= 3  # who asks; what they read; what is written down of it
    assert engine.pool.checkedout() == 0


async def test_rows_that_are_read_again_are_read_afresh(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    shared = SharedReading(edge.house.unit_of_work)
    titles: list[str] = []
    for title in ("Before", "After"):
        async with edge.house.unit_of_work() as uow:
            (await uow.session.get_one(tables.Case, made.case.key)).title = title
        async with shared.use() as uow:
            titles.append((await uow.session.get_one(tables.Case, made.case.key)).title)
    await shared.commit()

    assert titles == ["Before", "After"]


async def test_what_one_reader_noted_outlives_the_fault_of_the_next(house: House) -> None:
    shared = SharedReading(house.unit_of_work)
    async with shared.use() as uow:
        uow.audit("case:download", None)
    with pytest.raises(NotFound):
        await note_and_fail(shared)
    async with shared.use() as uow:
        assert await uow.session.scalar(text("select 1")) == 1
    await shared.commit()

    async with house.sessions() as session:
        actions = (await session.execute(select(col(tables.AuditEntry.action)))).scalars().all()
    assert "case:download" in actions
    assert "case:export" not in actions


async def note_and_fail(shared: SharedReading) -> None:
    async with shared.use() as uow:
        uow.audit("case:export", None)
        raise NotFound("There is no such case.")


async def test_a_reader_that_outlives_its_query_gives_the_connection_back(house: House) -> None:
    pool = house.sessions.kw["bind"].sync_engine.pool
    shared = SharedReading(house.unit_of_work)
    async with shared.use() as uow:
        await uow.session.scalar(text("select 1"))
        shared.leave()
        assert pool.checkedout() == 1
    assert pool.checkedout() == 0
    async with shared.use() as uow:
        await uow.session.scalar(text("select 1"))
    assert pool.checkedout() == 0
