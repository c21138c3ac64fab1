"""Keyset paging: a page begins after a row's own sort values, so it neither slows down nor skips when rows come in."""

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.expression import SQLColumnExpression

from api.errors import Invalid

T = TypeVar("T")
DEFAULT_SIZE = 25
LARGEST = 100


@dataclass(frozen=True, slots=True)
class PageRequest:
    """size rows after `after` (forward) or before `before` (backward)."""

    size: int = DEFAULT_SIZE
    after: str | None = None
    before: str | None = None
    backward: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    rows: Sequence[T]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool
    total: Callable[[], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class SortKey:
    """One expression to sort by; never null. The last one of an order is unique."""

    expression: SQLColumnExpression[Any]
    kind: type  # int, str, datetime or UUID: how a cursor's text is read back
    descending: bool = False


def page_request(
    first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
) -> PageRequest:
    """Raises Invalid for `first` with `last`, and for a size that is not 1 to 100."""
    if first is not None and last is not None:
        raise Invalid("Give `first` or `last`, not both.", ["first"])
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 0 <= size <= LARGEST:
            raise Invalid(
                f"`{name}` is 0 to {LARGEST}; page on with `{'after' if name == 'first' else 'before'}`.", [name]
            )
    backward = last is not None or (before is not None and first is None)
    size = last if last is not None else first if first is not None else DEFAULT_SIZE
    return PageRequest(size, after, before, backward)


async def list_page(
    session: AsyncSession, statement: Select[Any], order: Sequence[SortKey], request: PageRequest
) -> Page[Any]:
    """One page of a statement that selects one entity, in `order`."""
    selected = statement.add_columns(*(key.expression for key in order))
    if request.after is not None:
        selected = selected.where(_beyond(order, _parse(request.after, order, "after"), forward=True))
    if request.before is not None:
        selected = selected.where(_beyond(order, _parse(request.before, order, "before"), forward=False))
    directions = [
        key.expression.desc() if key.descending is not request.backward else key.expression.asc() for key in order
    ]
    found = list(await session.execute(selected.order_by(*directions).limit(request.size + 1)))
    more, found = len(found) > request.size, found[: request.size]
    if request.backward:
        found.reverse()

    async def total() -> int:
        return int(await session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0)

    return Page(
        rows=[row[0] for row in found],
        cursors=[_cursor(row[1:]) for row in found],
        has_next=request.before is not None if request.backward else more,
        has_previous=more if request.backward else request.after is not None,
        total=total,
    )


def list_sequence_page(rows: Sequence[T], request: PageRequest, places: Sequence[int] | None = None) -> Page[T]:
    """A page of rows that are computed, not stored.

    places: a number a row, ascending, that stays its own when other rows come or go; None for the index. The cursor.
    """
    places = range(len(rows)) if places is None else places
    low, high = 0, len(rows)
    if request.after is not None:
        low = bisect_right(places, _index(request.after, "after"))
    if request.before is not None:
        high = bisect_left(places, _index(request.before, "before"))
    start, stop = (max(low, high - request.size), high) if request.backward else (low, min(high, low + request.size))
    chosen = list(range(start, max(start, stop)))

    async def total() -> int:
        return len(rows)

    return Page(
        [rows[i] for i in chosen],
        [_cursor([places[i]]) for i in chosen],
        bool(chosen) and chosen[-1] + 1 < len(rows),
        start > 0,
        total,
    )


def _beyond(order: Sequence[SortKey], values: Sequence[Any], *, forward: bool) -> ColumnElement[bool]:
    """Rows after (or before) `values`: equal in the keys before one that differs."""
    if len({key.descending for key in order}) == 1:
        # As rows they compare the same, and an index goes to the place at once.
        row, place = tuple_(*(key.expression for key in order)), tuple_(*values)
        return row < place if order[0].descending is forward else row > place
    cases = []
    for i, (key, value) in enumerate(zip(order, values, strict=True)):
        equal = [earlier.expression == v for earlier, v in zip(order[:i], values[:i], strict=True)]
        smaller = key.descending is forward
        cases.append(and_(*equal, key.expression < value if smaller else key.expression > value))
    return or_(*cases)


def _cursor(values: Sequence[Any]) -> str:
    texts = [value.isoformat() if isinstance(value, datetime) else str(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps(texts, separators=(",", ":")).encode()).decode().rstrip("=")


def _texts(cursor: str, name: str) -> list[str]:
    try:
        texts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        texts = None
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Invalid(f"`{name}` is no cursor of this list.", [name])
    return texts


def _parse(cursor: str, order: Sequence[SortKey], name: str) -> list[Any]:
    readers: dict[type, Callable[[str], Any]] = {datetime: datetime.fromisoformat, UUID: UUID}
    try:
        texts = _texts(cursor, name)
        return [readers.get(key.kind, key.kind)(text) for key, text in zip(order, texts, strict=True)]
    except ValueError:
        raise Invalid(f"`{name}` is no cursor of this list.", [name]) from None


def _index(cursor: str, name: str) -> int:
    texts = _texts(cursor, name)
    if len(texts) != 1 or not texts[0].isdecimal():
        raise Invalid(f"`{name}` is no cursor of this list.", [name])
    return int(texts[0])
