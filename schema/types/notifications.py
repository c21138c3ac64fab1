"""What the viewer is told of."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import strawberry

from api import exports, notifications
from api.notifications import NotificationKind
from api.persistence import tables
from schema.connections import Connection
from schema.context import Info
from schema.fields import described
from schema.node_ids import node_id
from schema.types.cases import Analysis, Case, Comment, Review
from schema.types.exports import Export
from schema.types.nodes import Node

strawberry.enum(NotificationKind)


@strawberry.type(
    description="Something that the viewer is told. While it is unread, more of its kind and case are counted in it, "
    "and `at` is of the newest."
)
class Notification(Node):
    row: strawberry.Private[tables.Notification]
    kind: NotificationKind
    text: str = strawberry.field(description="Such as a lock screen may show: no names, nothing of what was found.")
    at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, row: tables.Notification) -> "Notification":
        kind = NotificationKind(row.kind)
        return cls(
            row=row,
            id=node_id("Notification", row.key),
            kind=kind,
            text=notifications.text_of(kind, row.count),
            at=row.at,
            read_at=row.read_at,
        )

    @strawberry.field
    async def case(self, info: Info) -> Case | None:
        return await _case(info, self.row.case_key)

    @described(
        "The newest that it tells of, while the viewer may see that: an analysis, comment, reading, export, case."
    )
    async def subject(self, info: Info) -> Node | None:
        find = SUBJECTS.get(self.kind)
        return await find(info, self.row.subject_key) if find else await _case(info, self.row.case_key)


NotificationConnection = Connection[Notification]


async def _case(info: Info, key: UUID) -> Case | None:
    row = await info.context.loaders.cases.load(key)
    return Case.of(row) if row else None


async def _analysis(info: Info, key: UUID) -> Node | None:
    row = await info.context.loaders.analyses.load(key)
    return Analysis.of(row) if row else None


async def _comment(info: Info, key: UUID) -> Node | None:
    row = await info.context.loaders.comments.load(key)
    return Comment.of(row) if row else None


async def _review(info: Info, key: UUID) -> Node | None:
    row = await info.context.loaders.reviews.load(key)
    return Review.of(row) if row else None


async def _export(info: Info, key: UUID) -> Node | None:
    async with info.context.reading() as uow:
        row = await exports.find(uow, key)
    return Export.of(row) if row else None


SUBJECTS: dict[NotificationKind, Callable[[Info, UUID], Awaitable[Node | None]]] = {
    NotificationKind.ANALYSIS_FINISHED: _analysis,
    NotificationKind.ANALYSIS_FAILED: _analysis,
    NotificationKind.URGENT_FINDING: _analysis,
    NotificationKind.MENTION: _comment,
    NotificationKind.REPLY: _comment,
    NotificationKind.REVIEW_SIGNED: _review,
    NotificationKind.RESULT_RELEASED: _review,
    NotificationKind.EXPORT_READY: _export,
}
