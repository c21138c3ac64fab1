"""Who takes part in a case."""

from datetime import datetime

import strawberry

from api.permissions import Actor
from api.persistence import tables
from schema.node_ids import node_id
from schema.types.people import User
from schema.types.worklist import Access


@strawberry.type
class Participant:
    id: strawberry.ID
    user: User | None = strawberry.field(description="Null until an invited doctor has signed up.")
    email: str | None
    access: Access
    since: datetime

    @classmethod
    def of(
        cls, row: tables.Participant, user: tables.User | None, actor: Actor | None, shows_mail: bool
    ) -> "Participant":
        """Of who was shared with by e-mail, others than their colleagues are not told whether there is an account."""
        is_told = row.email is None or (
            user is not None and actor is not None and user.organization_key == actor.organization_key
        )
        return cls(
            id=node_id("Participant", row.key),
            user=User.of(user, actor) if user and is_told else None,
            email=row.email if shows_mail else None,
            access=Access(row.access),
            since=row.since,
        )
