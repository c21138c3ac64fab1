"""What an administrator changes of the people of their organization. Whoever is changed is out at once."""

from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from api.accounts.sessions import end_sessions
from api.errors import Conflict, Invalid, NotFound
from api.permissions import Action, Actor, Role, require
from api.persistence import jobs
from api.persistence.tables import Organization, Session, User
from api.unit_of_work import UnitOfWork


async def set_role(uow: UnitOfWork, user_key: UUID, role: Role) -> User:
    """Their sessions end, so that nothing goes on with the rights of before.

    Raises: NotFound, Invalid (PARTNER), Conflict (oneself, an application, the last administrator).
    """
    actor = require(uow.actor, Action.USER_ADMINISTER)
    if role is Role.PARTNER:
        raise Invalid("PARTNER is the role of an application; make an API key for it.", ["role"])
    user = await _get_other(uow, actor, user_key)
    if user.role == role:
        return user
    user.role = role.value
    await _check_administrators(uow, actor)
    await end_sessions(uow, "session:close_all", col(Session.user_key) == user.key)
    uow.audit("user:set_role", user.key)
    return user


async def set_disabled(uow: UnitOfWork, user_key: UUID, disabled: bool) -> User:
    """The directory is told by a job. Raises: NotFound, Conflict (oneself, an application, the last administrator)."""
    actor = require(uow.actor, Action.USER_ADMINISTER)
    user = await _get_other(uow, actor, user_key)
    if user.disabled is disabled:
        return user
    user.disabled = disabled
    await _check_administrators(uow, actor)
    await end_sessions(uow, "session:close_all", col(Session.user_key) == user.key)
    await uow.defer(jobs.TELL_DIRECTORY, user_key=str(user.key))
    uow.audit("user:disable" if disabled else "user:enable", user.key)
    return user


async def _get_other(uow: UnitOfWork, actor: Actor, user_key: UUID) -> User:
    # The organization stays locked: of two administrators who demote each other the second is refused.
    ours = select(Organization).where(col(Organization.key) == actor.organization_key).with_for_update()
    await uow.session.execute(ours)
    chosen = col(User.key) == user_key, col(User.organization_key) == actor.organization_key
    user: User | None = await uow.session.scalar(select(User).where(*chosen).with_for_update())
    if user is None:
        raise NotFound("There is no such user, or you may not see them.", ["userId"])
    if user.key == actor.user_key:
        raise Conflict("Ask another administrator: nobody changes their own account.", ["userId"])
    if user.role == Role.PARTNER:
        raise Conflict("This is an application. Revoke its API key instead.", ["userId"])
    return user


async def _check_administrators(uow: UnitOfWork, actor: Actor) -> None:
    await uow.session.flush()
    statement = (
        select(func.count())
        .select_from(User)
        .where(
            col(User.organization_key) == actor.organization_key,
            col(User.role) == Role.ADMINISTRATOR.value,
            col(User.disabled).is_(False),
        )
    )
    if not await uow.session.scalar(statement):
        raise Conflict("An organization keeps one administrator who is not disabled.", ["userId"])
