"""Write events in the transaction of what they tell.

A stream is one case, one organization (its worklist) or one viewer. Its numbers follow commits without gaps: the
counter's row stays locked from here to the commit. So this comes last in a transaction, and streams are taken in one
order, lest two transactions wait for each other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.persistence.tables import Event

CHANNEL = "hilum_events"


class Stream(StrEnum):
    CASE = "case"
    ORGANIZATION = "organization"
    VIEWER = "viewer"
    CREDENTIAL = "credential"  # a session or an API key, which changed or ended; holds no events


class EventKind(StrEnum):
    """The contract's event types."""

    CASE_CHANGED = "CaseChanged"
    ANALYSIS_PROGRESSED = "AnalysisProgressed"
    COMMENT_ADDED = "CommentAdded"
    ANNOTATION_CHANGED = "AnnotationChanged"
    REVIEW_CHANGED = "ReviewChanged"
    PARTICIPANTS_CHANGED = "ParticipantsChanged"
    UPLOAD_PROGRESSED = "UploadProgressed"
    WORKLIST_CHANGED = "WorklistChanged"


@dataclass(frozen=True, slots=True, order=True)
class NewEvent:
    stream: Stream
    stream_key: UUID
    kind: EventKind
    case_key: UUID | None = None
    subject_key: UUID | None = None


def case_changed(case_key: UUID, organization_key: UUID) -> list[NewEvent]:
    """A change of a case is news in the case and in its organization's worklist."""
    return [
        NewEvent(Stream.CASE, case_key, EventKind.CASE_CHANGED, case_key, case_key),
        NewEvent(Stream.ORGANIZATION, organization_key, EventKind.WORKLIST_CHANGED, case_key, case_key),
    ]


def analysis_progressed(case_key: UUID, analysis_key: UUID) -> NewEvent:
    return NewEvent(Stream.CASE, case_key, EventKind.ANALYSIS_PROGRESSED, case_key, analysis_key)


def comment_added(case_key: UUID, comment_key: UUID) -> NewEvent:
    return NewEvent(Stream.CASE, case_key, EventKind.COMMENT_ADDED, case_key, comment_key)


def annotation_changed(case_key: UUID, annotation_key: UUID) -> NewEvent:
    """Drawn, altered or deleted."""
    return NewEvent(Stream.CASE, case_key, EventKind.ANNOTATION_CHANGED, case_key, annotation_key)


def review_changed(case_key: UUID, review_key: UUID) -> NewEvent:
    return NewEvent(Stream.CASE, case_key, EventKind.REVIEW_CHANGED, case_key, review_key)


def participants_changed(case_key: UUID) -> NewEvent:
    return NewEvent(Stream.CASE, case_key, EventKind.PARTICIPANTS_CHANGED, case_key, case_key)


def upload_progressed(user_key: UUID, upload_key: UUID) -> NewEvent:
    return NewEvent(Stream.VIEWER, user_key, EventKind.UPLOAD_PROGRESSED, None, upload_key)


async def append(session: AsyncSession, events: Iterable[NewEvent]) -> None:
    """Number and write `events`, each once; listeners hear of them when the transaction commits."""
    wanted = sorted(
        set(events), key=lambda event: (event.stream, str(event.stream_key), event.kind, str(event.subject_key))
    )
    streams: dict[tuple[Stream, UUID], list[NewEvent]] = {}
    for event in wanted:
        streams.setdefault((event.stream, event.stream_key), []).append(event)
    for (stream, stream_key), news in streams.items():
        last = await _take_numbers(session, stream, stream_key, len(news))
        for offset, event in enumerate(news, start=last - len(news) + 1):
            session.add(_row(event, offset))
    await session.flush()
    for stream, stream_key in streams:
        await ring(session, stream, stream_key)


async def ring(session: AsyncSession, stream: Stream, stream_key: UUID) -> None:
    """Wake who follows the stream when the transaction commits, without an event."""
    await session.execute(select(func.pg_notify(CHANNEL, f"{stream}:{stream_key}")))


async def _take_numbers(session: AsyncSession, stream: Stream, stream_key: UUID, count: int) -> int:
    """The last of them. By a function of the database: who acts may neither see every counter nor turn one back."""
    return int(await session.scalar(select(func.hilum_take_numbers(stream.value, stream_key, count))) or 0)


def _row(event: NewEvent, number: int) -> Event:
    return Event(
        stream=event.stream.value,
        stream_key=event.stream_key,
        number=number,
        kind=event.kind.value,
        case_key=event.case_key,
        subject_key=event.subject_key,
    )
