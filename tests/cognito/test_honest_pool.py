"""The fake itself refuses what is wrong: else nothing that is tested against it would mean anything.

Asked as any client would, by boto3 and pycognito, without our directory.
"""

import base64
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pycognito.aws_srp import AWSSRP
from pycognito.exceptions import SoftwareTokenMFAChallengeException

from tests.cognito.honest_pool import CONFIRMATION_SECONDS, RESET_SECONDS, SESSION_SECONDS, TRIES
from tests.cognito.server import CognitoServer, Pool

# pycognito 2024.5.1 asks for the time in a way that Python 3.12 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

EMAIL = "anna@test.example"
PASSWORD = "Nine-quiet-Lanterns"
ANOTHER = "Seven-loud-Kettles"


@pytest.fixture
def pool(cognito: CognitoServer) -> Pool:
    return cognito.new_pool(has_secret=False)


def client_of(pool: Pool) -> dict[str, Any]:
    return {"ClientId": pool.settings.cognito_client_id}


def administer(pool: Pool, operation: str, **parameters: Any) -> Any:
    return getattr(pool.client, operation)(UserPoolId=pool.settings.cognito_pool_id, Username=EMAIL, **parameters)


def refusal(work: Callable[[], Any]) -> str:
    """AWS's code for what is refused."""
    with pytest.raises(ClientError) as refused:
        work()
    return str(refused.value.response["Error"]["Code"])


def sign_up(pool: Pool, password: str = PASSWORD) -> str:
    """The mailed code of a new account."""
    pool.client.sign_up(Username=EMAIL, Password=password, **client_of(pool))
    return pool.honest.mails[EMAIL][-1]


def confirm(pool: Pool, code: str) -> None:
    pool.client.confirm_sign_up(Username=EMAIL, ConfirmationCode=code, **client_of(pool))


def confirmed(pool: Pool) -> None:
    confirm(pool, sign_up(pool))


def proof_of(pool: Pool, password: str = PASSWORD, username: str = EMAIL) -> AWSSRP:
    settings = pool.settings
    secret = settings.cognito_client_secret.get_secret_value() if settings.cognito_client_secret else None
    return AWSSRP(
        username=username,
        password=password,
        pool_id=settings.cognito_pool_id,
        client_id=settings.cognito_client_id,
        client_secret=secret,
        client=pool.client,
    )


def sign_in(pool: Pool, password: str = PASSWORD, username: str = EMAIL) -> dict[str, Any]:
    return dict(proof_of(pool, password, username).authenticate_user()["AuthenticationResult"])


def refresh(pool: Pool, token: str) -> dict[str, Any]:
    return dict(
        pool.client.initiate_auth(
            AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": token}, **client_of(pool)
        )["AuthenticationResult"]
    )


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def enrolled(pool: Pool) -> str:
    """The secret of an account that is asked for a code."""
    confirmed(pool)
    access = sign_in(pool)["AccessToken"]
    secret = str(pool.client.associate_software_token(AccessToken=access)["SecretCode"])
    pool.client.verify_software_token(AccessToken=access, UserCode=pool.honest.next_totp(secret))
    administer(pool, "admin_set_user_mfa_preference", SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    return secret


def answer_totp(pool: Pool, code: str, session: str | None = None) -> Any:
    return pool.client.respond_to_auth_challenge(
        ChallengeName="SOFTWARE_TOKEN_MFA",
        Session=session or begun(pool),
        ChallengeResponses={
            "USERNAME": administer(pool, "admin_get_user")["Username"],
            "SOFTWARE_TOKEN_MFA_CODE": code,
        },
        **client_of(pool),
    )


def begun(pool: Pool) -> str:
    """The session of a sign-in that waits for a code."""
    with pytest.raises(SoftwareTokenMFAChallengeException) as asked:
        proof_of(pool).authenticate_user()
    return str(asked.value.get_tokens()["Session"])


def test_a_right_proof_is_taken_and_a_wrong_one_refused(pool: Pool) -> None:
    confirmed(pool)

    assert sign_in(pool)["AccessToken"]

    for wrong in (ANOTHER, PASSWORD + " ", PASSWORD.lower(), "x"):
        assert refusal(partial(sign_in, pool, wrong)) == "NotAuthorizedException"


def begin(pool: Pool, proof: AWSSRP) -> dict[str, str]:
    """The challenge, as the answer that `proof` gives to it."""
    opening = proof.get_auth_params()
    challenge = pool.client.initiate_auth(AuthFlow="USER_SRP_AUTH", AuthParameters=opening, **client_of(pool))
    return dict(proof.process_challenge(challenge["ChallengeParameters"], opening))


def answer(pool: Pool, responses: dict[str, str]) -> Any:
    return pool.client.respond_to_auth_challenge(
        ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=responses, **client_of(pool)
    )


@pytest.mark.parametrize("signature", [base64.b64encode(b"\0" * 32).decode(), "AAAA", ""])
def test_a_proof_without_the_password_is_refused(pool: Pool, signature: str) -> None:
    confirmed(pool)
    responses = begin(pool, proof_of(pool)) | {"PASSWORD_CLAIM_SIGNATURE": signature}

    assert refusal(lambda: answer(pool, responses)) == "NotAuthorizedException"


def test_a_proof_counts_once_in_its_time_and_for_its_account(pool: Pool) -> None:
    confirmed(pool)
    responses = begin(pool, proof_of(pool))
    answer(pool, responses)

    assert refusal(lambda: answer(pool, responses)) == "NotAuthorizedException"
    stale = begin(pool, proof_of(pool)) | {"TIMESTAMP": "Mon Jan 1 00:00:00 UTC 2024"}
    assert refusal(lambda: answer(pool, stale)) == "NotAuthorizedException"
    of_another = begin(pool, proof_of(pool)) | {"USERNAME": "somebody-else"}
    assert refusal(lambda: answer(pool, of_another)) == "NotAuthorizedException"


def test_an_exchange_whose_key_is_known_beforehand_is_refused(pool: Pool) -> None:
    """A = 0 or N makes the shared key 0, whatever the password (RFC 5054 2.5.4)."""
    confirmed(pool)
    proof = proof_of(pool)

    for a in ("0", f"{proof.big_n:x}", f"{2 * proof.big_n:x}"):
        opening = {"USERNAME": EMAIL, "SRP_A": a}
        assert (
            refusal(
                partial(pool.client.initiate_auth, AuthFlow="USER_SRP_AUTH", AuthParameters=opening, **client_of(pool))
            )
            == "InvalidParameterException"
        )


def test_an_address_without_account_is_asked_like_any_other_and_never_let_in(pool: Pool) -> None:
    confirmed(pool)

    assert refusal(lambda: sign_in(pool, PASSWORD, "nobody@test.example")) == "NotAuthorizedException"


def test_a_client_that_does_not_hide_who_exists_tells_it(cognito: CognitoServer) -> None:
    pool = cognito.new_pool(has_secret=False, hides=False)

    assert refusal(lambda: sign_in(pool)) == "UserNotFoundException"


def test_a_flow_that_is_not_allowed_is_refused(cognito: CognitoServer) -> None:
    only_refresh = cognito.new_pool(has_secret=False, flows=("ALLOW_REFRESH_TOKEN_AUTH",))
    only_srp = cognito.new_pool(has_secret=False, flows=("ALLOW_USER_SRP_AUTH",))
    confirmed(only_refresh)
    confirmed(only_srp)
    token = sign_in(only_srp)["RefreshToken"]
    password = {"USERNAME": EMAIL, "PASSWORD": PASSWORD}

    assert refusal(lambda: sign_in(only_refresh)) == "InvalidParameterException"
    assert refusal(lambda: refresh(only_srp, token)) == "InvalidParameterException"
    assert (
        refusal(
            lambda: only_srp.client.initiate_auth(
                AuthFlow="USER_PASSWORD_AUTH", AuthParameters=password, **client_of(only_srp)
            )
        )
        == "InvalidParameterException"
    )


def test_who_does_not_know_the_clients_secret_is_refused(cognito: CognitoServer) -> None:
    pool = cognito.new_pool()
    without = proof_of(pool)
    without.client_secret = None
    wrong = proof_of(pool)
    wrong.client_secret = "another"

    for proof in (without, wrong):
        assert refusal(partial(begin, pool, proof)) == "NotAuthorizedException"
    assert refusal(lambda: sign_up(pool)) == "NotAuthorizedException"
    assert refusal(lambda: confirm(pool, "123456")) == "NotAuthorizedException"
    assert refusal(lambda: pool.client.forgot_password(Username=EMAIL, **client_of(pool))) == "NotAuthorizedException"


def test_a_confirmation_code_counts_once_in_its_time_and_a_wrong_one_never(pool: Pool) -> None:
    code = sign_up(pool)

    assert refusal(lambda: confirm(pool, other_than(code))) == "CodeMismatchException"
    pool.honest.seconds_later = CONFIRMATION_SECONDS + 1
    assert refusal(lambda: confirm(pool, code)) == "ExpiredCodeException"
    pool.client.resend_confirmation_code(Username=EMAIL, **client_of(pool))
    newer = pool.honest.mails[EMAIL][-1]
    confirm(pool, newer)
    assert refusal(lambda: confirm(pool, newer)) == "NotAuthorizedException"


def test_codes_cannot_be_tried_through(pool: Pool) -> None:
    code = sign_up(pool)

    for _ in range(TRIES):
        assert refusal(lambda: confirm(pool, other_than(code))) == "CodeMismatchException"

    assert refusal(lambda: confirm(pool, code)) == "LimitExceededException"


def test_an_unconfirmed_account_does_not_sign_in(pool: Pool) -> None:
    sign_up(pool)

    assert refusal(lambda: sign_in(pool)) == "UserNotConfirmedException"
    assert refusal(lambda: sign_in(pool, ANOTHER)) == "NotAuthorizedException"


def test_a_reset_code_counts_once_in_its_time_and_a_wrong_one_never(pool: Pool) -> None:
    confirmed(pool)

    def reset(code: str, password: str = ANOTHER) -> None:
        pool.client.confirm_forgot_password(Username=EMAIL, ConfirmationCode=code, Password=password, **client_of(pool))

    assert refusal(lambda: reset("123456")) == "ExpiredCodeException"
    pool.client.forgot_password(Username=EMAIL, **client_of(pool))
    code = pool.honest.mails[EMAIL][-1]
    assert refusal(lambda: reset(other_than(code))) == "CodeMismatchException"
    assert refusal(lambda: reset(code, "short")) == "InvalidPasswordException"
    reset(code)
    assert refusal(lambda: reset(code)) == "ExpiredCodeException"
    assert refusal(lambda: sign_in(pool)) == "NotAuthorizedException"
    assert sign_in(pool, ANOTHER)["AccessToken"]
    pool.client.forgot_password(Username=EMAIL, **client_of(pool))
    pool.honest.seconds_later = RESET_SECONDS + 1
    assert refusal(lambda: reset(pool.honest.mails[EMAIL][-1])) == "ExpiredCodeException"


def test_a_code_of_one_purpose_does_not_serve_another(pool: Pool) -> None:
    confirmed(pool)
    pool.client.forgot_password(Username=EMAIL, **client_of(pool))
    code = pool.honest.mails[EMAIL][-1]

    assert refusal(lambda: confirm(pool, code)) == "NotAuthorizedException"


def test_a_wrong_totp_code_and_one_that_was_used_are_refused(pool: Pool) -> None:
    secret = enrolled(pool)
    code = pool.honest.next_totp(secret)

    assert refusal(lambda: answer_totp(pool, other_than(code))) == "CodeMismatchException"
    assert answer_totp(pool, code)["AuthenticationResult"]
    assert refusal(lambda: answer_totp(pool, code)) == "ExpiredCodeException"
    pool.honest.totp_steps_later += 3
    assert refusal(lambda: answer_totp(pool, code)) == "CodeMismatchException"


def test_a_wrong_code_enrolls_nothing_nor_does_one_without_a_secret(pool: Pool) -> None:
    confirmed(pool)
    access = sign_in(pool)["AccessToken"]

    def verify(code: str) -> Any:
        return pool.client.verify_software_token(AccessToken=access, UserCode=code)

    assert refusal(lambda: verify("123456")) == "SoftwareTokenMFANotFoundException"
    secret = pool.client.associate_software_token(AccessToken=access)["SecretCode"]
    code = pool.honest.next_totp(secret)
    assert refusal(lambda: verify(other_than(code))) == "EnableSoftwareTokenMFAException"
    assert (
        refusal(
            lambda: administer(
                pool,
                "admin_set_user_mfa_preference",
                SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
            )
        )
        == "InvalidParameterException"
    )


def test_a_session_counts_once_for_its_challenge_and_in_its_time(pool: Pool) -> None:
    secret = enrolled(pool)
    session = begun(pool)
    answer_totp(pool, pool.honest.next_totp(secret), session)

    assert refusal(lambda: answer_totp(pool, pool.honest.next_totp(secret), session)) == "NotAuthorizedException"
    for_enrolment = begun(pool)
    assert refusal(lambda: pool.client.associate_software_token(Session=for_enrolment)) == "NotAuthorizedException"
    late = begun(pool)
    pool.honest.seconds_later = SESSION_SECONDS + 1
    assert refusal(lambda: answer_totp(pool, pool.honest.next_totp(secret), late)) == "NotAuthorizedException"
    assert refusal(lambda: answer_totp(pool, "123456", "x" * 40)) == "NotAuthorizedException"


def test_a_disabled_account_neither_signs_in_nor_renews(pool: Pool) -> None:
    confirmed(pool)
    given = sign_in(pool)
    administer(pool, "admin_disable_user")

    assert refusal(lambda: sign_in(pool)) == "NotAuthorizedException"
    assert refusal(lambda: refresh(pool, given["RefreshToken"])) == "NotAuthorizedException"
    assert (
        refusal(lambda: pool.client.associate_software_token(AccessToken=given["AccessToken"]))
        == "NotAuthorizedException"
    )


def test_a_sign_in_that_was_ended_or_never_was_is_not_renewed(pool: Pool, cognito: CognitoServer) -> None:
    confirmed(pool)
    other = cognito.new_pool(has_secret=False)
    confirmed(other)
    ended, of_another = sign_in(pool)["RefreshToken"], sign_in(other)["RefreshToken"]
    assert refresh(pool, ended)["AccessToken"]
    administer(pool, "admin_user_global_sign_out")

    for token in (ended, of_another, "made-up"):
        assert refusal(partial(refresh, pool, token)) == "NotAuthorizedException"
    assert refresh(pool, sign_in(pool)["RefreshToken"])["AccessToken"]


@pytest.mark.parametrize("password", ["short", "eleven-char", "x" * 257])
def test_a_password_against_the_policy_is_refused(pool: Pool, password: str) -> None:
    assert refusal(lambda: sign_up(pool, password)) in ("InvalidPasswordException", "InvalidParameterException")
    administer(pool, "admin_create_user", MessageAction="SUPPRESS")
    assert (
        refusal(lambda: administer(pool, "admin_set_user_password", Password=password, Permanent=True))
        == "InvalidPasswordException"
    )


def test_an_address_is_taken_once(pool: Pool) -> None:
    sign_up(pool)

    assert refusal(lambda: sign_up(pool)) == "UsernameExistsException"
