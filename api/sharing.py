"""Who takes part in a case.

A colleague is named by user id, anybody else by e-mail address. Whether an address has an account in another
organization is not told: such a participant is shown by the address alone to all but their own colleagues.
"""

from uuid import UUID

from sqlalchemy import func, or_, select
from sqlmodel import col

from api.errors import Conflict, Invalid, NotFound, NotPermitted
from api.events.append import case_changed, participants_changed
from api.permissions import Action, Actor, Role
from api.persistence import cases as case_rows
from api.persistence.columns import is_storable, now
from api.persistence.notices import Topic
from api.persistence.sealing.index_columns import is_blind
from api.persistence.tables import Case, Participant, User
from api.unit_of_work import House, UnitOfWork

OWNER = "OWNER"
EMAIL_LENGTH = 254  # RFC 5321 4.5.3.1.3
NOTE_LENGTH = 1000


async def share(
    uow: UnitOfWork,
    case_key: UUID,
    user_key: UUID | None,
    email: str | None,
    access: str,
    note: str | None,
    idempotency_key: str | None,
) -> Participant:
    """One of user_key and email. Whoever takes part already gets the new access.

    Raises NotFound, NotPermitted (only an owner makes an owner), Invalid (an owner is named by id), Conflict (the last
    owner stays one).
    """
    actor = await case_rows.require_case(uow.session, uow.actor, case_key, Action.CASE_SHARE)
    if (user_key is None) is (email is None):
        raise Invalid("Name a colleague by `userId`, or anybody by `email`; one of the two.", ["userId"])
    if email is not None and access == OWNER:
        # Whether there is an account behind it is not told, and so it must not count as an owner.
        raise Invalid("An owner is a colleague: name them by `userId`.", ["access"])
    if note is not None and (len(note) > NOTE_LENGTH or not is_storable(note)):
        raise Invalid(f"A note has at most {NOTE_LENGTH} characters, all of them printable.", ["note"])
    given = [case_key, user_key, email, access, note]
    once = await uow.once("shareCase", idempotency_key, given)
    if once.answer is not None:
        found = await uow.session.get(Participant, UUID(once.answer["participant"]))
        if found is None:
            raise Conflict("They were shared with by this key, and do not take part any more.", ["idempotencyKey"])
        return found
    case = await uow.session.get_one(Case, case_key, with_for_update=True, populate_existing=True)
    address = _checked(email) if email is not None else None
    user = await _colleague(uow, actor, user_key) if user_key is not None else await _by_address(uow, address or "")
    there = await _find(uow, case_key, user, address)
    was_there = there is not None and there.user_key is not None
    if access == OWNER or (there is not None and there.access == OWNER):
        await _require_owner(uow, case_key, actor)
    if there is None:
        await _check_count(uow, case_key)
        there = Participant(case_key=case_key, user_key=user.key if user else None, email=address, access=access)
        uow.session.add(there)
    elif there.access == OWNER and access != OWNER:
        await _check_owners(uow, case_key)
    there.access = access
    if there.user_key is None and user is not None:
        there.user_key = user.key
    await uow.session.flush()
    if not was_there:
        await uow.notify(Topic.CASE_SHARED, case_key, there.key)
    once.keep(participant=there.key)
    _tell(uow, case, Action.CASE_SHARE)
    return there


async def unshare(uow: UnitOfWork, case_key: UUID, participant_key: UUID) -> None:
    """Raises NotFound, NotPermitted, Conflict (the last owner stays one)."""
    actor = await case_rows.require_case(uow.session, uow.actor, case_key, Action.CASE_SHARE)
    case = await uow.session.get_one(Case, case_key, with_for_update=True, populate_existing=True)
    participant = await uow.session.get(Participant, participant_key)
    if participant is None or participant.case_key != case_key:
        raise NotFound("Nobody of this kind takes part in the case.", ["participantId"])
    if participant.access == OWNER:
        await _require_owner(uow, case_key, actor)
        await _check_owners(uow, case_key)
    _tell(uow, case, "case:unshare")
    await uow.session.flush()  # before it: whoever takes themselves out of a foreign case may not change that any more
    await uow.session.delete(participant)


async def attach(house: House, user_key: UUID) -> None:
    """Job: somebody has proved an address; what was shared with it before they had an account is shared with them.

    May run twice.
    """
    async with house.unit_of_work() as uow:
        user = await uow.session.get(User, user_key)
        if user is None or user.role == Role.PARTNER:
            return
        by_address = is_blind(Participant, "email_blind", None, user.email), col(Participant.user_key).is_(None)
        waiting = (await uow.session.execute(select(col(Participant.case_key)).where(*by_address))).scalars().all()
    for case_key in waiting:
        async with house.unit_of_work() as uow:
            case = await uow.session.get(Case, case_key, with_for_update=True)
            there = await _find(uow, case_key, user, user.email)
            if case is not None and there is not None and there.user_key is None:
                there.user_key = user.key
                await uow.notify(Topic.CASE_SHARED, case_key, there.key)
                _tell(uow, case, "case:attach")


def _checked(email: str) -> str:
    email = email.strip().lower()
    name, at, domain = email.rpartition("@")
    if not (name and at and domain) or len(email) > EMAIL_LENGTH or not is_storable(email) or " " in email:
        raise Invalid("An e-mail address has a name, an @ and a domain.", ["email"])
    return email


async def _colleague(uow: UnitOfWork, actor: Actor, user_key: UUID) -> User:
    user = await uow.session.get(User, user_key)
    if (
        user is None
        or user.organization_key != actor.organization_key
        or user.disabled
        or user.role == Role.PARTNER  # an application sees what its key's scopes say
    ):
        raise NotFound("There is no such colleague.", ["userId"])
    return user


async def _by_address(uow: UnitOfWork, email: str) -> User | None:
    by_address = is_blind(User, "email_blind", None, email)
    statement = select(User).where(by_address, col(User.disabled).is_(False), col(User.role) != Role.PARTNER.value)
    return (await uow.session.execute(statement)).scalars().first()


async def _find(uow: UnitOfWork, case_key: UUID, user: User | None, email: str | None) -> Participant | None:
    """By the account, or by the address that they were invited by before they had one: nobody takes part twice."""
    invited_by = email or (user.email if user is not None else None)
    named = [
        is_blind(Participant, "email_blind", None, invited_by),
        *([col(Participant.user_key) == user.key] if user else []),
    ]
    statement = select(Participant).where(col(Participant.case_key) == case_key, or_(*named))
    return (await uow.session.execute(statement.order_by(col(Participant.user_key).nulls_last()))).scalars().first()


async def _require_owner(uow: UnitOfWork, case_key: UUID, actor: Actor) -> None:
    subject = (await case_rows.subjects(uow.session, actor, [case_key]))[case_key]
    if subject.access != OWNER:
        raise NotPermitted("Only an owner of the case makes an owner, or ends that.", ["access"])


async def _check_owners(uow: UnitOfWork, case_key: UUID) -> None:
    owners = (col(Participant.case_key) == case_key, col(Participant.access) == OWNER)
    if (await uow.session.scalar(select(func.count()).where(*owners)) or 0) < 2:
        raise Conflict("A case has an owner. Make somebody else the owner first.", ["participantId"])


async def _check_count(uow: UnitOfWork, case_key: UUID) -> None:
    most = uow.settings.participants_per_case
    if (await uow.session.scalar(select(func.count()).where(col(Participant.case_key) == case_key)) or 0) >= most:
        raise Conflict(f"At most {most} people take part in a case.", ["caseId"])


def _tell(uow: UnitOfWork, case: Case, action: str) -> None:
    case.updated_at = now()
    uow.audit(action, case.key)
    uow.tell(participants_changed(case.key), *case_changed(case.key, case.organization_key))
