"""Which faults are worth another try."""

from sqlalchemy.exc import StatementError

from api.errors import KeysOutOfDate
from api.ingest import is_passing


def test_what_cannot_be_written_is_told_from_keys_that_are_late() -> None:
    late = StatementError("x", "insert", None, KeysOutOfDate())
    unwritable = StatementError("x", "insert", None, UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"))

    assert is_passing(KeysOutOfDate())
    assert is_passing(late)
    assert not is_passing(unwritable)
