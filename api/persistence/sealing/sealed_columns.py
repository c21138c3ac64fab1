"""Columns whose values are sealed when they are written and opened when they are read. In the database: bytea.

A sealed value is never twice the same, so that PostgreSQL can neither compare nor sort by it: only `is null` is
asked. What must be found has an index beside it (`index_columns`). Where the keys are: on the engine's dialect, put
there by `use_keyring`.
"""

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Engine, LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field

from api.persistence.sealing.keyring import Keyring

Kind = Literal["text", "date", "moment", "json", "bytes"]

_KEYRING = "hilum_keyring"
_WRITE: dict[Kind, Callable[[Any], bytes]] = {
    "text": str.encode,
    "date": lambda value: value.isoformat().encode(),
    "moment": lambda value: value.isoformat().encode(),
    "json": lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(),
    "bytes": bytes,
}
_READ: dict[Kind, Callable[[bytes], Any]] = {
    "text": bytes.decode,
    "date": lambda content: date.fromisoformat(content.decode()),
    "moment": lambda content: datetime.fromisoformat(content.decode()),
    "json": json.loads,
    "bytes": bytes,
}


def use_keyring(engine: Engine, keyring: Keyring) -> None:
    """What this engine's sealed columns are sealed and opened with."""
    setattr(engine.dialect, _KEYRING, keyring)


def keyring_of(dialect: Dialect) -> Keyring:
    keyring = getattr(dialect, _KEYRING, None)
    if not isinstance(keyring, Keyring):
        raise RuntimeError("this engine has no keys: open it with a keyring")
    return keyring


class Sealed(TypeDecorator[Any]):
    """place: table.column, which the value is bound to. kind: of the Python values; a moment has its zone, or none."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str, kind: Kind = "text") -> None:
        super().__init__()
        self.place = place
        self.kind: Kind = kind

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else keyring_of(dialect).seal(self.place, encode(self.kind, value))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        return None if value is None else decode(self.kind, keyring_of(dialect).open(self.place, value))

    class Comparator(TypeDecorator.Comparator[Any]):
        """Lets nothing through that would silently be wrong: each sealing of one text differs."""

        def operate(self, op: operators.OperatorType, *other: Any, **kwargs: Any) -> Any:
            asks_for_null = op in (operators.is_, operators.is_not) or (
                op in (operators.eq, operators.ne) and other[0] is None
            )
            if not asks_for_null:
                raise TypeError("a sealed column cannot be compared or sorted by: ask its index column, or in Python")
            return super().operate(op, *other, **kwargs)

    comparator_factory = Comparator


def encode(kind: Kind, value: Any) -> bytes:
    """What is sealed."""
    return _WRITE[kind](value)


def decode(kind: Kind, content: bytes) -> Any:
    return _READ[kind](content)


def sealed(place: str, kind: Kind = "text", *, nullable: bool = False) -> Any:
    """A sealed column of a table. place: its table.column."""
    if nullable:
        return Field(default=None, sa_type=Sealed(place, kind), nullable=True)
    return Field(sa_type=Sealed(place, kind), nullable=False)
