"""The contract's own scalars: how they are written, and what is refused when they come in.

Faults are raised as GraphQLError: they are the client's to correct and stay readable.
"""

import math
import re
from datetime import UTC, date, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

LocalDateTime = NewType("LocalDateTime", datetime)
ByteCount = NewType("ByteCount", int)
JSON = NewType("JSON", object)

LARGEST_BYTE_COUNT = 2**53 - 1  # what a double holds exactly
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
FULL_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def write_date_time(value: datetime) -> str:
    """RFC 3339, UTC, milliseconds: 2026-11-23T22:10:05.123Z."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_date_time(value: Any) -> datetime:
    if isinstance(value, str) and RFC_3339.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise GraphQLError("A DateTime is RFC 3339 with an offset: 2026-11-23T22:10:05.123Z.")


def write_local_date_time(value: datetime) -> str:
    """RFC 3339 without offset, to the second, or to the milliseconds where there are some."""
    return value.replace(tzinfo=None).isoformat(timespec="milliseconds" if value.microsecond else "seconds")


def read_local_date_time(value: Any) -> datetime:
    if isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            parsed = None
        if parsed is not None and parsed.tzinfo is None:
            return parsed
    raise GraphQLError("A LocalDateTime is RFC 3339 without offset: 2026-11-23T22:10:05.")


def write_date(value: date) -> str:
    return value.isoformat()


def read_date(value: Any) -> date:
    if isinstance(value, str) and FULL_DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise GraphQLError("A Date is an RFC 3339 full-date: 2026-11-23.")


def write_byte_count(value: int) -> int:
    return int(value)


def read_byte_count(value: Any) -> int:
    """An integer; a double is one where it has no fraction, as JSON knows one kind of number."""
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_BYTE_COUNT:
        return value
    raise GraphQLError("A ByteCount is a whole number from 0 to 2^53 - 1.")


def _same(value: Any) -> Any:
    return value


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="RFC 3339, UTC, milliseconds.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=write_date_time,
        parse_value=read_date_time,
    ),
    date: strawberry.scalar(
        name="Date",
        description="RFC 3339 full-date.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=write_date,
        parse_value=read_date,
    ),
    LocalDateTime: strawberry.scalar(
        name="LocalDateTime",
        description="RFC 3339 without offset: the scanner's own clock, whose zone DICOM rarely tells.",
        serialize=write_local_date_time,
        parse_value=read_local_date_time,
    ),
    ByteCount: strawberry.scalar(
        name="ByteCount",
        description="Non-negative integer, up to 2^53 - 1.",
        serialize=write_byte_count,
        parse_value=read_byte_count,
    ),
    JSON: strawberry.scalar(name="JSON", description="Any JSON value.", serialize=_same, parse_value=_same),
}
