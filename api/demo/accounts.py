"""The demo's organization and accounts, with random passwords that are kept in `demo-credentials.json`.

The database comes first, the file after: killed between the two, the next start finds no file and sets new passwords.
"""

import secrets
from collections.abc import Sequence
from typing import Final, Protocol

from sqlalchemy import select
from sqlmodel import col

from api import accounts
from api.client.credentials import Account, Credentials
from api.errors import Conflict
from api.permissions import Role
from api.persistence.sealing.index_columns import is_any_blind
from api.persistence.tables import Organization, Session, User
from api.unit_of_work import House, UnitOfWork

ORGANIZATION: Final = "Hilum demo"
PEOPLE: Final = (
    ("clinician@demo.example", Role.CLINICIAN, "Clara Clinician"),
    ("colleague@demo.example", Role.CLINICIAN, "Colin Colleague"),
    ("patient@demo.example", Role.PATIENT, "Pat Patient"),
    ("administrator@demo.example", Role.ADMINISTRATOR, "Ada Administrator"),
)
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look alike
GROUPS, GROUP_LENGTH = 4, 5  # 99 bits


class Passwords(Protocol):
    """What sets a password without a code by mail: the directory of this machine."""

    async def set_password(self, subject: str, password: str) -> None: ...


async def ensure_accounts(house: House, passwords: Passwords) -> tuple[Credentials, Sequence[Account]]:
    """The credentials, true when this returns, and of them the accounts whose passwords are new."""
    folder, url = house.settings.data, house.settings.url
    saved = Credentials.read(folder)
    kept = {account.email: account for account in saved.accounts} if saved else {}
    wanted = [kept.get(email) or Account(email, new_password(), role.value, name) for email, role, name in PEOPLE]
    async with house.unit_of_work() as uow:
        statement = select(User).where(is_any_blind(User, "email_blind", None, [account.email for account in wanted]))
        there = {user.email: user for user in (await uow.session.execute(statement)).scalars()}
        organization = await _organization(uow)
    for account in wanted:
        user = there.get(account.email)
        if user is None:
            user = await accounts.create_user(
                house,
                organization.key,
                account.email,
                account.password,
                Role(account.role),
                account.displayName,
                mfa_exempt=True,
            )
        if account.email not in kept:
            await _reset(house, passwords, user, account.password)
    credentials = Credentials(url, wanted)
    if credentials != saved:
        credentials.write(folder)
    return credentials, [account for account in wanted if account.email not in kept]


def new_password() -> str:
    """Easy to read aloud and to type on a phone."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))


async def _organization(uow: UnitOfWork) -> Organization:
    statement = select(Organization).where(col(Organization.name) == ORGANIZATION).limit(1)
    return await uow.session.scalar(statement) or await accounts.create_organization(uow, ORGANIZATION)


async def _reset(house: House, passwords: Passwords, user: User, password: str) -> None:
    """A new password; whoever was signed in with the old one is not any more."""
    if user.subject is None:
        raise Conflict(f"{user.email} has no account in the directory.")
    await passwords.set_password(user.subject, password)
    async with house.unit_of_work() as uow:
        await accounts.end_sessions(uow, "session:close_all", col(Session.user_key) == user.key)
        uow.audit("user:reset_password", user.key)
