"""Seal the values of a table anew, a batch at a time, beside whoever reads and writes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from sqlalchemy import MetaData

from api.keys.opening import Connection
from api.persistence.sealing.keyring import NUMBER_BYTES, Keyring, number_of
from api.persistence.sealing.sealed_columns import Sealed

BATCH = 200  # rows of one transaction


@dataclass(frozen=True)
class SealedTable:
    """keys: columns of the primary key. columns: the sealed ones. places: what each is bound to."""

    name: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    places: tuple[str, ...]


def sealed_tables(metadata: MetaData) -> list[SealedTable]:
    """Every table with a sealed column."""
    found = []
    for table in metadata.sorted_tables:
        sealed = [(column.name, column.type) for column in table.columns if isinstance(column.type, Sealed)]
        if sealed:
            keys = tuple(column.name for column in table.primary_key.columns)
            names, types = zip(*sealed, strict=True)
            found.append(SealedTable(table.name, keys, names, tuple(kind.place for kind in types)))
    return found


async def count_under(connection: Connection, table: SealedTable, numbers: Sequence[int]) -> int:
    """Rows with a value that is sealed under one of the data keys."""
    statement = sql.SQL("select count(*) from {} where {}").format(_name(table), _is_under(table))
    row = await (await connection.execute(statement, {"heads": _heads(numbers)})).fetchone()
    return int(row[0]) if row else 0


async def reseal(connection: Connection, keyring: Keyring, table: SealedTable, numbers: Sequence[int]) -> int:
    """One walk through the table, in small transactions; how many rows were sealed anew.

    Waits for nobody, lest somebody wait for us in a circle: a row that is being written is passed over.
    """
    done, after = 0, None
    while True:
        async with connection.transaction():
            rows = await _lock_batch(connection, table, numbers, after)
            await _write(connection, keyring, table, numbers, rows)
        done += len(rows)
        if not rows:
            return done
        after = rows[-1][: len(table.keys)]


async def _lock_batch(
    connection: Connection, table: SealedTable, numbers: Sequence[int], after: Sequence[Any] | None
) -> list[tuple[Any, ...]]:
    keys = sql.SQL(", ").join(map(sql.Identifier, table.keys))
    conditions = [_is_under(table)]
    parameters: dict[str, Any] = {"heads": _heads(numbers), "batch": BATCH}
    if after is not None:
        places = sql.SQL(", ").join(sql.Placeholder(f"after{i}") for i in range(len(after)))
        conditions.append(sql.SQL("({}) > ({})").format(keys, places))
        parameters |= {f"after{i}": value for i, value in enumerate(after)}
    statement = sql.SQL(
        "select {keys}, {columns} from {table} where {conditions} order by {keys} limit %(batch)s"
        " for no key update skip locked"
    ).format(
        keys=keys,
        columns=sql.SQL(", ").join(map(sql.Identifier, table.columns)),
        table=_name(table),
        conditions=sql.SQL(" and ").join(conditions),
    )
    return await (await connection.execute(statement, parameters)).fetchall()


async def _write(
    connection: Connection, keyring: Keyring, table: SealedTable, numbers: Sequence[int], rows: list[tuple[Any, ...]]
) -> None:
    statement = sql.SQL("update {} set {} where {}").format(
        _name(table),
        sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(column)) for column in table.columns),
        sql.SQL(" and ").join(sql.SQL("{} = %s").format(sql.Identifier(key)) for key in table.keys),
    )
    written = []
    for row in rows:
        keys, values = row[: len(table.keys)], row[len(table.keys) :]
        pairs = zip(table.places, values, strict=True)
        written.append([*(_anew(keyring, place, value, numbers) for place, value in pairs), *keys])
    if written:
        async with connection.cursor() as cursor:
            await cursor.executemany(statement, written)


def _anew(keyring: Keyring, place: str, value: bytes | None, numbers: Sequence[int]) -> bytes | None:
    if value is None or number_of(value) not in numbers:
        return value
    return keyring.seal(place, keyring.open(place, value))


def _is_under(table: SealedTable) -> sql.Composable:
    under = [
        sql.SQL(f"substring({{}} from 2 for {NUMBER_BYTES}) = any(%(heads)s)").format(sql.Identifier(column))
        for column in table.columns
    ]
    return sql.SQL("({})").format(sql.SQL(" or ").join(under))


def _heads(numbers: Sequence[int]) -> list[bytes]:
    return [number.to_bytes(NUMBER_BYTES, "big") for number in numbers]


def _name(table: SealedTable) -> sql.Identifier:
    return sql.Identifier(table.name)
