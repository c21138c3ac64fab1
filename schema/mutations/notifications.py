"""Mark what was read; say where to push."""

import strawberry

from api import notifications
from api.errors import Invalid
from api.permissions import Action, require
from schema.connections import given
from schema.context import Info
from schema.errors import refusable
from schema.node_ids import find_key, get_key
from schema.types.sign_in import AcknowledgePayload, ViewerPayload, not_acknowledged
from schema.types.viewer import find_viewer


@strawberry.input
class MarkReadInput:
    case_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Marks the case's comments, and what was told of it."
    )
    notification_ids: list[strawberry.ID] | None = strawberry.UNSET


@strawberry.input(description="What a browser's PushSubscription says of itself; keys are base64url.")
class PushSubscriptionInput:
    endpoint: str
    p256dh: str
    auth: str


@strawberry.type
class NotificationMutations:
    @strawberry.mutation
    @refusable(ViewerPayload, "caseId")
    async def mark_read(self, info: Info, input: MarkReadInput) -> ViewerPayload:
        require(info.context.get_actor(), Action.NOTIFICATION_MANAGE)
        case_id, ids = given(input.case_id), given(input.notification_ids)
        if case_id is None and ids is None:
            raise Invalid("Say what was read: `caseId`, `notificationIds` or both.", ["caseId"])
        case_key = get_key(case_id, "Case", ["caseId"]) if case_id is not None else None
        async with info.context.writing() as uow:
            if case_key is not None:
                await notifications.mark_case(uow, case_key)
            if ids is not None:
                await notifications.mark_notifications(uow, [find_key(id, "Notification") for id in ids])
        return ViewerPayload(viewer=await find_viewer(info))

    @strawberry.mutation
    @refusable(not_acknowledged)
    async def register_push(self, info: Info, input: PushSubscriptionInput) -> AcknowledgePayload:
        """Of the session at hand, with which it goes; an endpoint that is known already moves to it."""
        async with info.context.writing() as uow:
            await notifications.register(uow, notifications.Registration(input.endpoint, input.p256dh, input.auth))
        return AcknowledgePayload(ok=True)
