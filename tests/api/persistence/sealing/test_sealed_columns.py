"""Sealed and index columns in a real table, as a new table would have them."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import MetaData, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlmodel import Field, SQLModel, col

import api.persistence.tables  # noqa: F401 - fills the metadata
from api.persistence.engine import open_engine, session_maker, transaction
from api.persistence.sealing.index_columns import Blind, Term, blind_column, holds_any, is_any_blind, is_blind
from api.persistence.sealing.index_columns import search_column as terms_column
from api.persistence.sealing.keyring import Keyring
from api.persistence.sealing.sealed_columns import Sealed, sealed
from api.settings import Settings

ORGANIZATION = uuid4()
OWN = MetaData()


class Letter(SQLModel, table=True):
    """Whom it is from is unique everywhere, as an account's e-mail address is."""

    __tablename__ = "letters"
    metadata = OWN
    __table_args__ = (
        blind_column("sender_blind", "letters.sender", None, "sender"),
        terms_column("letters", "organization_key", by_word=["body"], by_whole=["number"]),
    )
    __mapper_args__ = {"exclude_properties": ["sender_blind", "search_terms"]}

    key: UUID = Field(default_factory=uuid4, primary_key=True)
    organization_key: UUID = Field(default=ORGANIZATION)
    sender: str = sealed("letters.sender")
    body: str | None = sealed("letters.body", nullable=True)
    number: str | None = sealed("letters.number", nullable=True)
    day: date | None = sealed("letters.day", "date", nullable=True)
    moment: datetime | None = sealed("letters.moment", "moment", nullable=True)
    extra: dict[str, Any] | None = sealed("letters.extra", "json", nullable=True)


@pytest.fixture
async def sessions(settings: Settings, database_url: str) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    ring = Keyring()
    ring.turn({1: bytes(32)}, 1)
    ring.take_secret(bytes(32))
    engine = open_engine(database_url, settings, ring)
    async with engine.begin() as connection:
        await connection.run_sync(OWN.create_all)
    yield session_maker(engine)
    await engine.dispose()


def body(word: str) -> Any:
    return holds_any(Letter, [Term("letters.body", ORGANIZATION, word)])


async def senders(sessions: async_sessionmaker[AsyncSession], condition: Any) -> set[str]:
    async with sessions() as session:
        return set((await session.execute(select(col(Letter.sender)).where(condition))).scalars())


async def test_values_come_back_as_they_were_and_lie_sealed(
    sessions: async_sessionmaker[AsyncSession], database_url: str
) -> None:
    values: dict[str, Any] = {
        "sender": "a@b.example",
        "body": "Grüße 山田",
        "day": date(1931, 7, 22),
        "moment": datetime(2026, 5, 12, 8, 30, tzinfo=UTC),
        "extra": {"ä": [1, None]},
    }
    async with transaction(sessions) as session:
        session.add(Letter(**values))

    async with sessions() as session:
        found = (await session.execute(select(Letter))).scalar_one()
    with psycopg.connect(database_url) as connection:
        raw = connection.execute("select sender, body, number, day, moment, extra from letters").fetchone()
    assert {name: getattr(found, name) for name in values} == values
    assert found.number is None
    assert raw is not None
    assert raw[2] is None
    assert all(isinstance(value, bytes) and value[0] == 1 for value in (*raw[:2], *raw[3:]))


async def test_a_sealed_column_is_neither_compared_nor_sorted_by(sessions: async_sessionmaker[AsyncSession]) -> None:
    column = col(Letter.body)

    for wrong in (
        lambda: column == "x",
        lambda: column != "x",
        lambda: column.icontains("x"),
        lambda: column.in_(["x"]),
        lambda: column < "x",
        column.desc,
    ):
        with pytest.raises(TypeError, match="index column"):
            wrong()
    async with transaction(sessions) as session:
        session.add(Letter(sender="a"))
    assert await senders(sessions, column.is_(None)) == {"a"}
    assert await senders(sessions, column.is_not(None)) == set()


async def test_a_blind_column_finds_its_row_and_keeps_it_the_only_one(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    async with transaction(sessions) as session:
        session.add(Letter(sender="a@b.example"))
        await session.execute(insert(Letter).values(**Letter(sender="c@d.example").model_dump()))

    assert await senders(sessions, is_blind(Letter, "sender_blind", None, "a@b.example")) == {"a@b.example"}
    assert await senders(sessions, is_blind(Letter, "sender_blind", None, "c@d.example")) == {"c@d.example"}
    assert await senders(sessions, is_blind(Letter, "sender_blind", ORGANIZATION, "a@b.example")) == set()
    assert len(await senders(sessions, is_any_blind(Letter, "sender_blind", None, ["a@b.example", "c@d.example"]))) == 2
    with pytest.raises(IntegrityError) as refused:
        async with transaction(sessions) as session:
            session.add(Letter(sender="a@b.example"))
    assert "a@b.example" not in str(refused.value)


async def test_index_columns_follow_a_row_that_changes(sessions: async_sessionmaker[AsyncSession]) -> None:
    async with transaction(sessions) as session:
        session.add(Letter(sender="a", body="Before", number="N 1"))
    async with transaction(sessions) as session:
        letter = (await session.execute(select(Letter))).scalar_one()
        letter.sender, letter.body = "b", "After that"

    assert await senders(sessions, body("before")) == set()
    assert await senders(sessions, body("aft")) == {"b"}
    assert await senders(sessions, holds_any(Letter, [Term("letters.number", ORGANIZATION, "n1")])) == {"b"}
    assert await senders(sessions, is_blind(Letter, "sender_blind", None, "a")) == set()
    assert await senders(sessions, is_blind(Letter, "sender_blind", None, "b")) == {"b"}


async def test_rows_written_together_have_index_columns_of_their_own(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    rows = [Letter(sender=str(i), body=f"word{i}").model_dump() for i in range(20)]
    async with transaction(sessions) as session:
        await session.execute(insert(Letter), rows[:10])
        session.add_all([Letter(**row) for row in rows[10:]])

    for number in (0, 9, 10, 19):
        assert await senders(sessions, body(f"word{number}")) >= {str(number)}
        assert await senders(sessions, is_blind(Letter, "sender_blind", None, str(number))) == {str(number)}


async def test_an_engine_without_keys_touches_nothing_sealed(settings: Settings, database_url: str) -> None:
    engine = open_engine(database_url, settings)

    async with engine.connect() as connection:
        with pytest.raises(Exception, match="no keys"):
            await connection.execute(insert(SQLModel.metadata.tables["blind_index_keys"]), {"id": 1, "secret": b"x"})
    await engine.dispose()


def test_every_sealed_column_is_bound_to_its_own_place() -> None:
    wrong = [
        f"{table.name}.{column.name} is bound to {column.type.place}"
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Sealed) and column.type.place != f"{table.name}.{column.name}"
    ]
    places = [
        column.type.place
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Blind)
    ]

    assert wrong == []
    assert len(places) == len(set(places))
