"""Tells PostgreSQL who acts, at the beginning of each transaction and for that transaction only.

A session with an actor in its `info` works as the API's role and sees the actor's rows, in whatever process it is.
Without one it works as the process's own role: the API's sees no patient's row then, a worker's every row.
"""

from typing import Any, cast

from sqlalchemy import AdaptedConnection, Connection, event
from sqlalchemy.orm import Session, SessionTransaction

from api.permissions import Action, Actor, is_allowed, sees_all_cases
from api.persistence.policies import API

ACTOR = "actor"  # in a session's info
INTRODUCE = (
    f"select set_config('role', '{API}', true), set_config('hilum.user', %s, true),"
    " set_config('hilum.organization', %s, true), set_config('hilum.sees_organization', %s, true),"
    " set_config('hilum.administers', %s, true)"
)


class ActorSession(Session):
    """A session that introduces its actor, in one round trip."""


def seen_by(actor: Actor | None) -> dict[str, Any]:
    """The `info` of a session that sees what the actor may see."""
    return {} if actor is None else {ACTOR: actor}


@event.listens_for(ActorSession, "after_begin")
def _introduce(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    actor: Actor | None = session.info.get(ACTOR)
    if actor is None or transaction.nested:
        return
    given = (
        str(actor.user_key),
        str(actor.organization_key),
        "on" if sees_all_cases(actor) else "",
        "on" if is_allowed(actor, Action.AUDIT_READ) else "",
    )
    # Straight to the driver: SQLAlchemy's own way takes twice as long, and this is asked for every transaction.
    adapted = cast(AdaptedConnection, connection.connection.dbapi_connection)
    adapted.run_async(lambda raw: raw.execute(INTRODUCE, given))
