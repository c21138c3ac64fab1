"""Accounts that a Cognito user pool keeps: the same features, from an invitation to the end of a session."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest

from api import accounts
from api.accounts import NewChallenge, SignedIn
from api.backends import open_backends
from api.errors import NotPermitted, Unauthenticated, WrongCode, WrongCredentials
from api.identity.directory import StepKind
from api.permissions import Role
from api.settings import Settings
from api.unit_of_work import House
from tests.accounts import ANOTHER, PASSWORD, challenge_of, make_account, visitor
from tests.cognito.server import CognitoServer, Pool


@pytest.fixture
def pool(cognito: CognitoServer) -> Pool:
    return cognito.new_pool()


@pytest.fixture
async def house(pool: Pool, settings: Settings, database_url: str) -> AsyncIterator[House]:
    chosen = {name: value for name, value in pool.settings if name == "user_directory" or name.startswith("cognito")}
    async with open_backends(settings.model_copy(update=chosen), database_url) as backends:
        yield backends.house


async def enrolled(house: House, pool: Pool, email: str) -> tuple[str, list[str], SignedIn]:
    token = await challenge_of(house, email, StepKind.ENROLL_TOTP)
    secret = (await accounts.begin_enrollment(visitor(house), token)).secret
    codes, signed_in = await accounts.confirm_enrollment(visitor(house), pool.honest.next_totp(secret), token)
    assert signed_in is not None
    return secret, codes, signed_in


async def answered(house: House, email: str, code: str) -> SignedIn:
    token = await challenge_of(house, email, StepKind.TOTP)
    outcome = await accounts.answer_challenge(visitor(house), token, code)
    assert isinstance(outcome, SignedIn)
    return outcome


async def test_a_patient_signs_up_confirms_enrolls_and_stays_signed_in(house: House, pool: Pool) -> None:
    async with house.unit_of_work() as uow:
        organization = await accounts.create_organization(uow, "Hospital")
        await accounts.set_open(uow, organization, True)
    email = f"{uuid4()}@test.example"
    person = accounts.NewPerson(email=email, password=PASSWORD, display_name="Anna", organization_key=organization.key)

    waiting = await accounts.sign_up(visitor(house), person)
    outcome = await accounts.answer_challenge(visitor(house), waiting.token, pool.honest.mails[email][-1])
    assert isinstance(outcome, NewChallenge)
    assert outcome.kind is StepKind.ENROLL_TOTP
    secret, _, first = await enrolled(house, pool, email)
    again = await answered(house, email, pool.honest.next_totp(secret))
    renewed = await accounts.refresh(visitor(house), again.refresh_token)

    assert first.user.key == again.user.key == renewed.user.key
    assert renewed.user.role == Role.PATIENT


async def test_a_recovery_code_opens_a_session_that_is_renewed(house: House, pool: Pool) -> None:
    account = await make_account(house, mfa_exempt=False)
    _, codes, _ = await enrolled(house, pool, account.email)

    signed_in = await answered(house, account.email, codes[0])

    assert (await accounts.refresh(visitor(house), signed_in.refresh_token)).user.key == account.user.key


async def test_after_a_recovery_code_a_new_authenticator_is_enrolled_at_the_next_sign_in(
    house: House, pool: Pool
) -> None:
    account = await make_account(house, mfa_exempt=False)
    old, codes, _ = await enrolled(house, pool, account.email)
    signed_in = await answered(house, account.email, codes[0])

    with pytest.raises(NotPermitted, match="Sign out and in again"):
        await accounts.begin_enrollment(replace(visitor(house), actor=signed_in.actor))
    new, fresh_codes, _ = await enrolled(house, pool, account.email)
    by_authenticator = await answered(house, account.email, pool.honest.next_totp(new))

    assert new != old
    assert by_authenticator.user.mfa_enabled
    token = await challenge_of(house, account.email, StepKind.TOTP)
    with pytest.raises(WrongCode):
        await accounts.answer_challenge(visitor(house), token, codes[1])
    assert (await answered(house, account.email, fresh_codes[0])).user.key == account.user.key


async def test_a_reset_ends_the_sign_ins_in_the_pool_too(house: House, pool: Pool) -> None:
    account = await make_account(house)
    outcome = await accounts.sign_in(visitor(house), account.email, PASSWORD)
    assert isinstance(outcome, SignedIn)
    await accounts.request_password_reset(visitor(house), account.email)

    await accounts.reset_password(visitor(house), account.email, pool.honest.mails[account.email][-1], ANOTHER)

    with pytest.raises(Unauthenticated):
        await accounts.refresh(visitor(house), outcome.refresh_token)
    assert all(sign_in.is_revoked for sign_in in pool.honest.refresh_tokens.values())
    with pytest.raises(WrongCredentials):
        await accounts.sign_in(visitor(house), account.email, PASSWORD)


async def test_who_was_disabled_in_the_pool_alone_is_out_at_the_next_renewal(house: House, pool: Pool) -> None:
    account = await make_account(house)
    outcome = await accounts.sign_in(visitor(house), account.email, PASSWORD)
    assert isinstance(outcome, SignedIn)
    pool.client.admin_disable_user(UserPoolId=pool.settings.cognito_pool_id, Username=account.email)

    with pytest.raises(Unauthenticated):
        await accounts.refresh(visitor(house), outcome.refresh_token)
