"""Accounts for tests: somebody with a password, and how they sign in."""

from dataclasses import dataclass
from uuid import uuid4

from api import accounts
from api.accounts import NewChallenge, SignedIn, Visitor
from api.identity.directory import StepKind
from api.permissions import Role
from api.persistence.tables import User
from api.unit_of_work import House
from tests.authenticator import Authenticator

PASSWORD = "Nine-quiet-Lanterns"
ANOTHER = "Seven-loud-Kettles"
ADDRESS = "192.0.2.1"


@dataclass(frozen=True)
class Account:
    user: User
    email: str


def visitor(house: House, address: str | None = None) -> Visitor:
    return Visitor(house, address, "a browser")


async def make_account(
    house: House, role: Role = Role.CLINICIAN, *, organization: str = "Hospital", mfa_exempt: bool = True
) -> Account:
    """In an organization of its own."""
    async with house.unit_of_work() as uow:
        made = await accounts.create_organization(uow, organization)
    email = f"{uuid4()}@test.example"
    user = await accounts.create_user(house, made.key, email, PASSWORD, role, "Somebody", mfa_exempt=mfa_exempt)
    return Account(user, email)


async def sign_in(house: House, email: str, password: str = PASSWORD, address: str | None = ADDRESS) -> SignedIn:
    outcome = await accounts.sign_in(visitor(house, address), email, password)
    assert isinstance(outcome, SignedIn)
    return outcome


async def challenge_of(house: House, email: str, kind: StepKind, password: str = PASSWORD) -> str:
    """The token of the challenge that the password is answered with."""
    outcome = await accounts.sign_in(visitor(house), email, password)
    assert isinstance(outcome, NewChallenge)
    assert outcome.kind is kind
    return outcome.token


async def enroll(house: House, email: str) -> tuple[Authenticator, list[str], SignedIn]:
    """Of an account that was asked to enrol: authenticator, recovery codes, and the session that it gave."""
    token = await challenge_of(house, email, StepKind.ENROLL_TOTP)
    begun = await accounts.begin_enrollment(visitor(house), token)
    authenticator = Authenticator(house, begun.secret)
    codes, signed_in = await accounts.confirm_enrollment(visitor(house), authenticator.code(), token)
    assert signed_in is not None
    return authenticator, codes, signed_in
