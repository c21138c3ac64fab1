"""What a house asks of its database while a test looks on."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from api.unit_of_work import House


@contextmanager
def counted_statements(house: House) -> Iterator[list[str]]:
    engine = house.sessions.kw["bind"].sync_engine
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if "rate_budgets" not in statement:  # asked now and then, whatever is read
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)
