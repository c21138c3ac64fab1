"""Faults that pass by themselves (a full disk, a database that is away), told from those that come again each time."""

import psycopg
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError, StatementError

from api.errors import KeysOutOfDate

OF_THE_DATA = (DataError, IntegrityError, ProgrammingError)


def is_passing(error: BaseException) -> bool:
    """Whether the same work may well go right later."""
    if isinstance(error, StatementError) and not isinstance(error, DBAPIError):
        return error.orig is not None and is_passing(error.orig)  # a value could not be made ready for the database
    if isinstance(error, SQLAlchemyError):
        return not isinstance(error, OF_THE_DATA)
    if isinstance(error, OSError):  # what the system said has a number; decoders raise OSError without one
        return error.errno is not None or isinstance(error, TimeoutError | ConnectionError)
    return isinstance(error, psycopg.OperationalError | KeysOutOfDate)
