"""Tells PostgreSQL who acts, at the beginning of each transaction and for that transaction only.

A session with an actor in its `info` works as the API's role and sees the actor's rows, in whatever process it is.
Without one it works as the process's own role: the API's sees no patient's row then, a worker's every row.
"""

from functools import partial
from typing import Any, cast
from uuid import UUID

import psycopg
from psycopg.generators import execute
from psycopg.pq import ExecStatus
from sqlalchemy import AdaptedConnection, Connection, event
from sqlalchemy.orm import Session, SessionTransaction

from api.permissions import Action, Actor, is_allowed, sees_all_cases
from api.persistence.policies import API

ACTOR = "actor"  # in a session's info
# Begun here and not by the driver, which would go to the database and back once for that alone.
BEGIN = (
    f"begin; select set_config('role', '{API}', true), set_config('hilum.user', '{{user}}', true),"
    " set_config('hilum.organization', '{organization}', true),"
    " set_config('hilum.sees_organization', '{sees_organization}', true),"
    " set_config('hilum.administers', '{administers}', true)"
)


class ActorSession(Session):
    """A session that introduces its actor with what begins the transaction, in one round trip."""


def seen_by(actor: Actor | None) -> dict[str, Any]:
    """The `info` of a session that sees what the actor may see."""
    return {} if actor is None else {ACTOR: actor}


@event.listens_for(ActorSession, "after_begin")
def _introduce(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    actor: Actor | None = session.info.get(ACTOR)
    if actor is None or transaction.nested:
        return
    statement = BEGIN.format(
        user=UUID(int=actor.user_key.int),  # in the text of the statement nothing but hexadecimal
        organization=UUID(int=actor.organization_key.int),
        sees_organization="on" if sees_all_cases(actor) else "",
        administers="on" if is_allowed(actor, Action.AUDIT_READ) else "",
    )
    # Straight to the driver: SQLAlchemy's own way takes twice as long, and this is asked for every transaction.
    adapted = cast(AdaptedConnection, connection.connection.dbapi_connection)
    adapted.run_async(partial(_begin, statement.encode()))


async def _begin(statement: bytes, raw: "psycopg.AsyncConnection[Any]") -> None:
    async with raw.lock:
        raw.pgconn.send_query(statement)
        for result in await raw.wait(execute(raw.pgconn)):
            if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
                raise psycopg.errors.error_from_result(result)
