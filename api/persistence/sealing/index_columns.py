"""Columns by which sealed ones are found: made from clear values when a row is written, and telling nothing by itself.

They stand in the table and not in its class, since no row is ever read for them: name them in
`__mapper_args__ = {"exclude_properties": […]}`. They follow their row by themselves, inserted in whichever way, or
changed through its object; an `update` statement must not name what they are made from.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import BigInteger, Column, ColumnElement, Connection, LargeBinary, Table, event, inspect, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.attributes import get_history
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

from api.persistence.sealing.folding import whole, word_prefixes
from api.persistence.sealing.keyring import Keyring
from api.persistence.sealing.sealed_columns import keyring_of

_MADE_FROM = "made_from"


@dataclass(frozen=True, slots=True)
class Blinded:
    """What a blind column holds the blind value of. scope: within which equal is equal; None for everywhere."""

    scope: UUID | None
    texts: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One word, prefix or id of a column, as it is searched for within a scope."""

    place: str
    scope: UUID | None
    text: str


class Blind(TypeDecorator[Any]):
    """Takes `Blinded`, stores 16 bytes."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: Blinded | None, dialect: Dialect) -> bytes | None:
        return None if value is None else keyring_of(dialect).blind(self.place, value.scope, *value.texts)


class SearchTerms(TypeDecorator[Any]):
    """Takes `Term`s, stores 64 bits of each, sorted, so that their order does not tell the text's."""

    impl = ARRAY(BigInteger)
    cache_ok = True

    def process_bind_param(self, value: Collection[Term] | None, dialect: Dialect) -> list[int] | None:
        return None if value is None else term_numbers(keyring_of(dialect), value)


def term_numbers(keyring: Keyring, terms: Iterable[Term]) -> list[int]:
    return sorted({keyring.term(term.place, term.scope, term.text) for term in terms})


@dataclass(frozen=True)
class _BlindOf:
    """scope, sources: names of columns. Null where the first source is."""

    scope: str | None
    sources: tuple[str, ...]

    def value(self, row: "dict[str, Any]") -> Blinded | None:
        texts = tuple(row.get(name) for name in self.sources)
        return None if texts[0] is None else Blinded(row[self.scope] if self.scope else None, texts)


@dataclass(frozen=True)
class _TermsOf:
    table: str
    scope: str
    by_word: tuple[str, ...]
    by_whole: tuple[str, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        return self.by_word + self.by_whole

    def value(self, row: "dict[str, Any]") -> list[Term]:
        scope = row[self.scope]
        terms = [(name, text) for name in self.by_word for text in word_prefixes(row.get(name))]
        terms += [(name, text) for name in self.by_whole for text in whole(row.get(name))]
        return [Term(f"{self.table}.{name}", scope, text) for name, text in terms]


def blind_column(
    name: str, place: str, scope: str | None, *sources: str, nullable: bool = False, unique: bool = True
) -> "Column[Any]":
    """A column that finds its row by all of `sources` at once, exactly. scope: the column that has it."""
    return _column(name, Blind(place), _BlindOf(scope, sources), nullable=nullable, unique=unique, index=not unique)


def search_column(
    table: str, scope: str, *, by_word: Sequence[str] = (), by_whole: Sequence[str] = ()
) -> "Column[Any]":
    """`search_terms`: finds its row by words and word prefixes of some columns, by the whole of others."""
    made_from = _TermsOf(table, scope, tuple(by_word), tuple(by_whole))
    return _column("search_terms", SearchTerms(), made_from, nullable=False)


def _column(
    name: str,
    kind: TypeDecorator[Any],
    made_from: _BlindOf | _TermsOf,
    *,
    nullable: bool,
    unique: bool = False,
    index: bool = False,
) -> "Column[Any]":
    def of_new_row(context: DefaultExecutionContext) -> Any:
        return made_from.value(context.get_current_parameters())  # type: ignore[no-untyped-call]

    more = {_MADE_FROM: made_from}
    return Column(name, kind, default=of_new_row, nullable=nullable, unique=unique, index=index, info=more)


def is_blind(entity: type[SQLModel], name: str, scope: UUID | None, *texts: str | None) -> ColumnElement[bool]:
    """Rows whose blind column was made from these texts."""
    found: ColumnElement[bool] = _stored(entity, name) == Blinded(scope, texts)
    return found


def is_any_blind(entity: type[SQLModel], name: str, scope: UUID | None, texts: Collection[str]) -> ColumnElement[bool]:
    return _stored(entity, name).in_([Blinded(scope, (text,)) for text in texts])


def holds_any(entity: type[SQLModel], terms: Collection[Term]) -> ColumnElement[bool]:
    """Rows with one of the terms, by their GIN index."""
    return _stored(entity, "search_terms").op("&&", is_comparison=True)(list(terms))


def _stored(entity: type[SQLModel], name: str) -> "Column[Any]":
    column: Column[Any] = inspect(entity).local_table.c[name]
    return column


@event.listens_for(SQLModel, "after_update", propagate=True)
def _follow(mapper: Mapper[Any], connection: Connection, row: Any) -> None:
    """An object that was changed takes its index columns along."""
    table = cast(Table, mapper.local_table)
    changed: dict[str, Any] = {}
    for column in table.columns:
        made_from = column.info.get(_MADE_FROM)
        if made_from is not None and any(get_history(row, name).has_changes() for name in made_from.sources):
            names = (*made_from.sources, *((made_from.scope,) if made_from.scope else ()))
            changed[column.name] = made_from.value({name: getattr(row, name) for name in names})
    if changed:
        keys = zip(mapper.primary_key, mapper.primary_key_from_instance(row), strict=True)
        connection.execute(update(table).where(*(column == key for column, key in keys)).values(changed))
