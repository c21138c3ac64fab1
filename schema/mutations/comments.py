"""Say something of a case."""

import strawberry

from api import comments
from api.comments import Audience
from api.persistence.places import Place
from schema.connections import given
from schema.context import Info
from schema.errors import UserError, refusable
from schema.node_ids import find_key, get_key
from schema.types.cases import Comment


@strawberry.input
class BoxInput:
    left: float
    top: float
    width: float
    height: float


@strawberry.input
class AnchorInput:
    stack_id: strawberry.ID
    frame_index: int
    box: BoxInput | None = strawberry.UNSET
    finding_id: strawberry.ID | None = strawberry.UNSET

    def place(self) -> Place:
        box, finding_id = given(self.box), given(self.finding_id)
        return Place(
            stack=get_key(self.stack_id, "Stack", ["anchor", "stackId"]),
            frame_index=self.frame_index,
            box=(box.left, box.top, box.width, box.height) if box else None,
            finding=get_key(finding_id, "Finding", ["anchor", "findingId"]) if finding_id else None,
        )


@strawberry.input
class AddCommentInput:
    case_id: strawberry.ID
    body: str
    audience: Audience = Audience.CLINICIANS
    reply_to_id: strawberry.ID | None = strawberry.UNSET
    anchor: AnchorInput | None = strawberry.UNSET
    idempotency_key: str | None = strawberry.UNSET


@strawberry.type
class CommentPayload:
    comment: Comment | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class CommentMutations:
    @strawberry.mutation
    @refusable(CommentPayload, "caseId")
    async def add_comment(self, info: Info, input: AddCommentInput) -> CommentPayload:
        """The comment is null to an application that may write and not read."""
        info.context.get_actor()
        key = get_key(input.case_id, "Case", ["caseId"])
        reply_to, anchor = given(input.reply_to_id), given(input.anchor)
        named = [find_key(text, "User") for text in comments.mentioned(input.body)]
        async with info.context.writing() as uow:
            comment = await comments.add(
                uow,
                key,
                input.body,
                input.audience,
                mentions=[user for user in named if user is not None],
                reply_to=get_key(reply_to, "Comment", ["replyToId"]) if reply_to else None,
                place=anchor.place() if anchor else None,
                idempotency_key=given(input.idempotency_key),
            )
        row = await info.context.loaders.comments.load(comment.key)
        return CommentPayload(comment=Comment.of(row) if row else None)
