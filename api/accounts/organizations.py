"""Organizations, made by whoever runs the server; their first accounts."""

from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlmodel import col

from api.accounts.sessions import end_sessions
from api.accounts.sign_up import check_name
from api.accounts.visitor import folded
from api.errors import Conflict, Invalid, NotFound
from api.mail.mailer import is_address
from api.permissions import Role
from api.persistence import jobs
from api.persistence.columns import is_storable
from api.persistence.sealing.index_columns import is_blind
from api.persistence.tables import Organization, RecoveryCode, Session, User
from api.unit_of_work import House, UnitOfWork

LONGEST_NAME = 200


async def create_organization(uow: UnitOfWork, name: str) -> Organization:
    """Raises: Invalid."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME or not is_storable(name) or not name.isprintable():
        raise Invalid(f"An organization's name has 1 to {LONGEST_NAME} letters.", ["name"])
    organization = Organization(name=name)
    uow.session.add(organization)
    await uow.session.flush()
    uow.audit("organization:create", organization.key)
    return organization


async def find_organization(uow: UnitOfWork, name: str, key: UUID | None = None) -> Organization:
    """By its name, or its key where that is given. Raises: NotFound, Conflict where several have the name."""
    named = or_(col(Organization.key) == key, col(Organization.name) == name)
    found = list((await uow.session.execute(select(Organization).where(named).limit(2))).scalars())
    if not found:
        raise NotFound(f"There is no organization {name}.")
    if len(found) > 1:
        raise Conflict(f"Several organizations are named {name}. Give the id of the one you mean.")
    return found[0]


async def set_open(uow: UnitOfWork, organization: Organization, is_open: bool) -> None:
    """Whether patients sign up there without an invitation."""
    organization.is_open = is_open
    uow.session.add(organization)
    uow.audit("organization:open" if is_open else "organization:close", organization.key)


async def remove_second_factor(house: House, email: str) -> None:
    """For somebody who lost authenticator and recovery codes, and whom the operator knows: they enrol at the next
    sign-in. Every session ends. Raises: NotFound."""
    async with house.unit_of_work() as uow:
        user = await uow.session.scalar(select(User).where(is_blind(User, "email_blind", None, folded(email))))
    if user is None or user.subject is None:
        raise NotFound(f"There is no account {email}.")
    await house.directory.remove_totp(user.subject)
    async with house.unit_of_work() as uow:
        (await uow.session.get_one(User, user.key)).mfa_enabled = False
        await uow.session.execute(delete(RecoveryCode).where(col(RecoveryCode.user_key) == user.key))
        await end_sessions(uow, "session:close_all", col(Session.user_key) == user.key)
        uow.audit("second_factor:remove", user.key)


async def create_user(
    house: House,
    organization_key: UUID,
    email: str,
    password: str,
    role: Role,
    display_name: str,
    *,
    mfa_exempt: bool = False,
) -> User:
    """A confirmed account, made by whoever runs the server. An account of the directory that is nobody's is taken.

    Raises: Invalid, WeakPassword, Conflict where the address is taken.
    """
    email, name = folded(email), check_name(display_name)
    if not is_address(email):
        raise Invalid("An e-mail address looks like name@hospital.example.", ["email"])
    try:
        subject = await house.directory.register(email, password, confirmed=True)
    except Conflict:
        found = await house.directory.find(email)
        if found is None:
            raise
        subject = found
    user = User(
        organization_key=organization_key,
        subject=subject,
        email=email,
        role=role.value,
        display_name=name,
        mfa_exempt=mfa_exempt,
    )
    async with house.unit_of_work() as uow:
        taken = or_(is_blind(User, "email_blind", None, email), col(User.subject) == subject)
        if await uow.session.scalar(select(User).where(taken)):
            raise Conflict("This e-mail address has an account already.", ["email"])
        uow.session.add(user)
        await uow.session.flush()
        uow.audit("user:create", user.key)
        await uow.defer(jobs.ATTACH, user_key=str(user.key))
    return user
