"""Sign up: by invitation, or as a patient where an organization lets them. A user there is once the address is proved.

Whoever signs up where it is open learns nothing of the accounts there are: a taken address is answered alike, and its
owner gets a mail.
"""

import contextlib
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.accounts.challenges import NewChallenge, begin_challenge
from api.accounts.guesses import Guessed, count, forget, forgive
from api.accounts.invitations import NO_ADDRESS, get_open_invitation, is_invited, is_open
from api.accounts.letters import address_taken_letter
from api.accounts.visitor import Visitor, actor_of, folded, user_of
from api.errors import Conflict, Expired, Invalid, NotFound, Unavailable, WrongCode, WrongCredentials
from api.identity.directory import Step, StepKind
from api.identity.passwords import check_strength
from api.mail.mailer import is_address
from api.permissions import Role
from api.persistence import jobs
from api.persistence.columns import is_storable, now
from api.persistence.sealing.index_columns import is_blind
from api.persistence.tables import Invitation, Organization, SignUp, User

LONGEST_NAME = 200
WRONG = "This code is not right, or no longer good. Sign up again if it does not help to type it again."


@dataclass(frozen=True, slots=True)
class NewPerson:
    """One of invitation (its token) and organization_key is given."""

    email: str
    password: str = field(repr=False)
    display_name: str
    invitation: str | None = field(default=None, repr=False)
    organization_key: UUID | None = None


@dataclass(frozen=True, slots=True)
class Place:
    organization_key: UUID
    role: Role
    invitation_key: UUID | None = None


async def sign_up(visitor: Visitor, person: NewPerson) -> NewChallenge:
    """A CONFIRM_EMAIL challenge; its code comes by mail.

    Raises: Invalid, WeakPassword, NotFound (no such invitation or open organization), Expired, RateLimited,
    Conflict where the owner of an invitation has an account already, Unavailable where no mail could be sent.
    """
    email, name = folded(person.email), check_name(person.display_name)
    if not is_address(email):
        raise Invalid(NO_ADDRESS, ["email"])
    check_strength(person.password, (email, name))
    await count(visitor, Guessed.MAIL, email)
    async with visitor.house.unit_of_work() as uow:
        place = await _place(uow.session, person, email)
        is_taken = place.invitation_key is None and await _is_taken(uow.session, email)
    subject = None if is_taken else await _register(visitor, email, person.password, place)
    if subject is None:
        await _pretend(visitor, email, person.password)
    async with visitor.house.unit_of_work(address=visitor.address) as uow:
        if subject is not None:
            row = SignUp(
                subject=subject,
                email=email,
                display_name=name,
                organization_key=place.organization_key,
                role=place.role.value,
                invitation_key=place.invitation_key,
            )
            await _keep(uow.session, row)
        uow.audit(
            "account:sign_up", place.invitation_key, "ok" if subject is not None else "refused", kind="Invitation"
        )
    step = Step(StepKind.CONFIRM_EMAIL, subject or "")
    return await begin_challenge(visitor, StepKind.CONFIRM_EMAIL, email, step, person.password)


async def confirm_sign_up(visitor: Visitor, email: str, code: str) -> None:
    """Raises: WrongCode, in the same words where nobody waits; Locked."""
    await confirm_address(visitor, folded(email), code)


async def confirm_address(visitor: Visitor, email: str, code: str) -> None:
    attempt = await count(visitor, Guessed.MAILED_CODE, email)
    try:
        row = await _waiting(visitor, email)
        if row is None:
            raise WrongCode(WRONG, ["code"])
        await visitor.house.directory.confirm(email, code)
    except (WrongCode, Expired):
        await visitor.note("account:confirm", await visitor.find_user(email), "refused")
        raise WrongCode(WRONG, ["code"]) from None
    except Unavailable:
        await forget(visitor.house, attempt)
        raise
    async with visitor.house.unit_of_work() as uow:
        await forgive(uow, Guessed.MAILED_CODE, email)
    if await ensure_user(visitor, row.subject) is None:
        raise Expired("Your invitation was revoked meanwhile. Ask for a new one.", ["code"])


async def ensure_user(visitor: Visitor, subject: str) -> User | None:
    """The user of a confirmed account, made now where the sign-up waited for that; None where nobody let them in."""
    async with visitor.house.unit_of_work(address=visitor.address) as uow:
        waiting = select(SignUp).where(col(SignUp.subject) == subject).with_for_update()
        row: SignUp | None = await uow.session.scalar(waiting)
        user = await user_of(uow.session, subject)
        if user is not None or row is None:
            return user
        invitation = await uow.session.get(Invitation, row.invitation_key) if row.invitation_key is not None else None
        if row.invitation_key is not None and (invitation is None or not is_open(invitation)):
            return None
        user = User(
            organization_key=row.organization_key,
            subject=subject,
            email=row.email,
            display_name=row.display_name,
            role=row.role,
        )
        uow.session.add(user)
        await uow.session.delete(row)
        uow.actor = actor_of(user)
        uow.audit("account:confirm", user.key, kind="User")
        await uow.defer(jobs.ATTACH, user_key=str(user.key))
        if invitation is not None:
            invitation.accepted_at = now()
            uow.audit("invitation:accept", invitation.key)
        return user


def check_name(display_name: str) -> str:
    """Raises Invalid."""
    name = " ".join(display_name.split())
    if not 1 <= len(name) <= LONGEST_NAME or not is_storable(name) or not name.isprintable():
        raise Invalid(f"A name has 1 to {LONGEST_NAME} letters.", ["displayName"])
    return name


async def _place(session: AsyncSession, person: NewPerson, email: str) -> Place:
    if (person.invitation is None) is (person.organization_key is None):
        raise Invalid("Give an invitation, or the organization where patients may sign up.", ["invitation"])
    if person.invitation is not None:
        invitation = await get_open_invitation(session, person.invitation, email)
        return Place(invitation.organization_key, Role(invitation.role), invitation.key)
    organization = await session.get(Organization, person.organization_key)
    if organization is None or not organization.is_open:
        raise NotFound("There is no organization of this id where one signs up without invitation.", ["organizationId"])
    return Place(organization.key, Role.PATIENT)


async def _is_taken(session: AsyncSession, email: str) -> bool:
    """Also where an invitation waits: nobody else may set the password of who is about to use it."""
    users = await session.scalar(
        select(func.count()).select_from(User).where(is_blind(User, "email_blind", None, email))
    )
    return bool(users) or await is_invited(session, email)


async def _register(visitor: Visitor, email: str, password: str, place: Place) -> str | None:
    """The subject; None where the address is taken, which only the owner of an invitation is told."""
    try:
        return await visitor.house.directory.register(email, password)
    except Conflict:
        if place.invitation_key is not None:
            raise
        return None


async def _pretend(visitor: Visitor, email: str, password: str) -> None:
    """Takes as long as a sign-up, and mails as it does."""
    with contextlib.suppress(WrongCredentials):
        await visitor.house.directory.authenticate(email, password)
    await visitor.house.mailer.send(address_taken_letter(email, visitor.settings.url))


async def _keep(session: AsyncSession, row: SignUp) -> None:
    """Whoever signs up again begins again."""
    earlier = or_(is_blind(SignUp, "email_blind", None, row.email), col(SignUp.subject) == row.subject)
    await session.execute(delete(SignUp).where(earlier))  # anew: no row moves to another organization
    await session.execute(insert(SignUp).values(**row.model_dump()))


async def _waiting(visitor: Visitor, email: str) -> SignUp | None:
    """The sign-up that a code would confirm; none where its invitation ended meanwhile."""
    if not is_storable(email):
        return None
    async with visitor.house.unit_of_work() as uow:
        row: SignUp | None = await uow.session.scalar(
            select(SignUp).where(is_blind(SignUp, "email_blind", None, email))
        )
        if row is None or row.invitation_key is None:
            return row
        invitation = await uow.session.get(Invitation, row.invitation_key)
        return row if invitation is not None and is_open(invitation) else None
