"""Follow a case, or one's own news: first what was missed, in order and each once, then live.

The right to listen is checked before the first event, before each event, when there is news of the session, and at
least every two seconds. A stream ends with UNAUTHENTICATED when the access token ends, the session is ended or the
account is disabled; with NOT_FOUND when the case may no longer be seen.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from uuid import UUID

import strawberry

from api import cases, uploads
from api.errors import NotFound
from api.events import reading
from api.events.append import EventKind, Stream
from api.events.cursor import Cursor, parse_cursor
from api.events.reading import ReadEvent
from api.permissions import Action
from schema.connections import given
from schema.context import Context, Info, viewer_streams
from schema.credentials import FRESH_SECONDS, Credential
from schema.node_ids import get_key
from schema.types.cases import Analysis, Annotation, Case, Comment, Review
from schema.types.events import (
    AnalysisProgressed,
    AnnotationChanged,
    CaseChanged,
    CaseEvent,
    CommentAdded,
    ParticipantsChanged,
    ReviewChanged,
    UploadProgressed,
    ViewerEvent,
    WorklistChanged,
)
from schema.types.uploads import Upload

NO_CASE = "There is no such case, or you may not see it."


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def case_events(
        self, info: Info, case_id: strawberry.ID, after: str | None = strawberry.UNSET
    ) -> AsyncIterator[CaseEvent]:
        context = info.context
        listener = Listener(context)
        key = get_key(case_id, "Case", ["caseId"])
        async with context.reading() as uow:
            if await cases.find(uow, key) is None:
                raise _no_case(context, key)
        start = await _start(context, {Stream.CASE: key}, given(after))
        return _case_events(context, listener, key, start)

    @strawberry.subscription
    async def viewer_events(self, info: Info, after: str | None = strawberry.UNSET) -> AsyncIterator[ViewerEvent]:
        context = info.context
        listener = Listener(context)
        start = await _start(context, viewer_streams(listener.actor), given(after))
        return _viewer_events(context, listener, start)


class Listener(Credential):
    """Whoever subscribed, and for a case whether they may still see it."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.house, context.get_actor(), context.access_ends_at)
        self._context = context

    async def check_case(self, case_key: UUID | None, fresh: float = FRESH_SECONDS) -> None:
        """Raises Unauthenticated, or NotFound for a case that may no longer be seen."""
        was_fresh = self.is_fresh(fresh)
        await self.check(fresh)
        if case_key is not None and not was_fresh:
            async with self.house.unit_of_work(self.actor) as uow:
                if await cases.find(uow, case_key) is None:
                    raise _no_case(self._context, case_key)


def _no_case(context: Context, key: UUID) -> NotFound:
    context.reads.seek(Action.CASE_SEE, "Case", key)
    return NotFound(NO_CASE, ["caseId"])


async def _start(context: Context, streams: dict[Stream, UUID], after: str | None) -> Cursor:
    """Raises Invalid for a text that is no cursor of these streams, Expired for one that is too old."""
    async with context.reading() as uow:
        if after is None:
            return await reading.newest(uow.session, streams)
        cursor = parse_cursor(after, tuple(streams))
        await reading.check(uow.session, streams, cursor)
        return cursor


async def _pages(
    context: Context, listener: Listener, streams: dict[Stream, UUID], start: Cursor, case_key: UUID | None = None
) -> AsyncGenerator[list[ReadEvent], None]:
    """Pages of news, with the listener checked while none comes, and when there is news of their session."""
    house = context.house
    pages = reading.follow(
        house.sessions_of(listener.actor), house.hub, streams, start, house.settings.subscription_queue
    )
    with listener.bell() as bell:
        coming, ringing = asyncio.ensure_future(anext(pages)), asyncio.ensure_future(bell.wait())
        try:
            while True:
                done, _ = await asyncio.wait(
                    {coming, ringing}, timeout=listener.patience(), return_when=asyncio.FIRST_COMPLETED
                )
                if ringing in done:
                    bell.clear()
                    ringing = asyncio.ensure_future(bell.wait())
                await listener.check_case(case_key, FRESH_SECONDS if done == {coming} else 0.0)
                if coming in done:
                    page = coming.result()
                    coming = asyncio.ensure_future(anext(pages))
                    if page:
                        yield page
        finally:
            for task in (coming, ringing):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task


async def _case_events(context: Context, listener: Listener, key: UUID, start: Cursor) -> AsyncIterator[CaseEvent]:
    async with contextlib.aclosing(_pages(context, listener, {Stream.CASE: key}, start, key)) as pages:
        async for page in pages:
            for event in page:
                await listener.check_case(key)
                context.renew()
                told = await _case_event(context, key, event)
                if told is not None:
                    yield told


async def _case_event(context: Context, key: UUID, event: ReadEvent) -> CaseEvent | None:
    """None for what the listener may not know of, or this version has no word for."""
    row = await context.loaders.cases.load(key)
    if row is None:
        raise _no_case(context, key)
    cursor, at, case = str(event.cursor), event.row.at, Case.of(row)
    if event.row.kind == EventKind.CASE_CHANGED:
        return CaseChanged(cursor=cursor, at=at, case=case)
    if event.row.kind == EventKind.ANALYSIS_PROGRESSED and event.row.subject_key is not None:
        analysis = await context.loaders.analyses.load(event.row.subject_key)
        if analysis is not None:
            return AnalysisProgressed(cursor=cursor, at=at, case=case, analysis=Analysis.of(analysis))
    if event.row.kind == EventKind.PARTICIPANTS_CHANGED:
        return ParticipantsChanged(cursor=cursor, at=at, case=case)
    if event.row.kind == EventKind.COMMENT_ADDED and event.row.subject_key is not None:
        comment = await context.loaders.comments.load(event.row.subject_key)
        return CommentAdded(cursor=cursor, at=at, case=case, comment=Comment.of(comment)) if comment else None
    if event.row.kind == EventKind.ANNOTATION_CHANGED and event.row.subject_key is not None:
        drawn = await context.loaders.annotations.load(event.row.subject_key)
        return AnnotationChanged(cursor=cursor, at=at, case=case, annotation=Annotation.of(drawn)) if drawn else None
    if event.row.kind == EventKind.REVIEW_CHANGED and event.row.subject_key is not None:
        review = await context.loaders.reviews.load(event.row.subject_key)
        return ReviewChanged(cursor=cursor, at=at, case=case, review=Review.of(review)) if review else None
    return None


async def _viewer_events(context: Context, listener: Listener, start: Cursor) -> AsyncIterator[ViewerEvent]:
    async with contextlib.aclosing(_pages(context, listener, viewer_streams(listener.actor), start)) as pages:
        async for page in pages:
            # One question for the whole page: which of the organization's cases are the listener's to see.
            context.renew()
            named = {event.row.case_key for event in page if event.row.case_key is not None}
            rows = dict(zip(named, await context.loaders.cases.load_many(named), strict=True))
            for event in page:
                await listener.check()
                context.renew()
                row = rows.get(event.row.case_key) if event.row.case_key is not None else None
                cursor, at = str(event.cursor), event.row.at
                if event.row.kind == EventKind.WORKLIST_CHANGED and row is not None:
                    if not context.wants_cursors:
                        context.loaders.cases.prime(row.key, row)
                    yield WorklistChanged(cursor=cursor, at=at, case=Case.of(row))
                elif event.row.kind == EventKind.UPLOAD_PROGRESSED and event.row.subject_key is not None:
                    async with context.reading() as uow:
                        upload = await uploads.find(uow, event.row.subject_key)
                    if upload is not None:
                        yield UploadProgressed(cursor=cursor, at=at, upload=Upload.of(upload))
