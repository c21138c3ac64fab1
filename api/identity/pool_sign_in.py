"""Signing in to a Cognito user pool: the conversation that ends with tokens, and what is kept between two answers.

What is kept is JSON: session and name in the pool for a step, refresh token and name for a proof.
"""

import json
import logging
import secrets
from contextlib import suppress
from typing import Any

from api.errors import ApiError, Expired, Unauthenticated, Unavailable, WrongCredentials
from api.identity import cognito_refusals as refusals
from api.identity.cognito_pool import CognitoPool, away
from api.identity.cognito_refusals import NotConfirmed
from api.identity.directory import Proof, Step, StepKind
from api.identity.pool_tokens import PoolTokens, UntrustedToken
from api.identity.srp import PasswordProof, UnreadableChallenge

log = logging.getLogger(__name__)

CHALLENGES = {
    "SOFTWARE_TOKEN_MFA": StepKind.TOTP,
    "MFA_SETUP": StepKind.ENROLL_TOTP,
    "NEW_PASSWORD_REQUIRED": StepKind.NEW_PASSWORD,
}


class PoolSignIn:
    """Conversations with one pool."""

    def __init__(self, pool: CognitoPool, tokens: PoolTokens) -> None:
        self._pool, self._tokens = pool, tokens
        self._tells_unconfirmed_to_anybody = False

    async def account(self, username: str) -> dict[str, Any]:
        """By address or subject. Raises: Nobody."""
        return await self._pool.ask_as_administrator("admin_get_user", username, refusals.FIND)

    async def prove(self, email: str, password: str) -> tuple[str, dict[str, Any]]:
        """Name and answer of the pool to a right password. Raises: WrongCredentials, NotConfirmed."""
        proof = await self._pool.new_proof(email, password)
        try:
            challenge = await self._pool.ask_as_client(
                "initiate_auth", refusals.BEGIN, AuthFlow="USER_SRP_AUTH", AuthParameters=proof.opening()
            )
        except WrongCredentials:
            # Some accounts are refused before the password is asked for: the answer must take as long as a wrong one.
            with suppress(ApiError):
                await self._answer(proof, _made_up_challenge(email))
            raise
        if challenge.get("ChallengeName") != "PASSWORD_VERIFIER":
            raise _unforeseen(challenge)
        parameters = challenge.get("ChallengeParameters") or {}
        return text_of(parameters, "USERNAME"), await self._answer(proof, parameters)

    async def _answer(self, proof: PasswordProof, challenge: dict[str, Any]) -> dict[str, Any]:
        try:
            responses = await self._pool.run(lambda: proof.answer(challenge))
        except UnreadableChallenge:
            log.error("Cognito's challenge could not be read")
            raise away() from None
        return await self._pool.ask_as_client(
            "respond_to_auth_challenge",
            refusals.PROVE,
            ChallengeName="PASSWORD_VERIFIER",
            ChallengeResponses=responses,
        )

    async def is_told_to_anybody(self, email: str) -> bool:
        """Whether the pool says of this account that it is not confirmed, whatever the password."""
        if not self._tells_unconfirmed_to_anybody:
            try:
                await self.prove(email, secrets.token_urlsafe(16))
            except NotConfirmed:
                self._tells_unconfirmed_to_anybody = True
            except WrongCredentials:
                return False
        return True

    async def respond(
        self, challenge: str, meaning: refusals.Refusals, session: str, username: str, **responses: str
    ) -> dict[str, Any]:
        return await self._pool.ask_as_client(
            "respond_to_auth_challenge",
            meaning,
            ChallengeName=challenge,
            Session=session,
            ChallengeResponses={
                "USERNAME": username,
                **responses,
                **self._pool.secret_hash(username, "SECRET_HASH"),
            },
        )

    async def outcome(
        self, answer: dict[str, Any], username: str, subject: str | None = None, *, has_totp: bool = False
    ) -> Proof | Step:
        """subject: whom the answer must be about, where that is known already."""
        if answer.get("AuthenticationResult"):
            return (await self._believe(answer, subject, has_totp=has_totp))[1]
        kind = CHALLENGES.get(answer.get("ChallengeName", ""))
        if kind is None:
            raise _unforeseen(answer)
        subject = subject or subject_of(await self.account(username))
        return Step(kind, subject, packed(session=text_of(answer, "Session"), username=username))

    async def renew(
        self, who: Proof, ended: ApiError | None = None, *, has_totp: bool | None = None
    ) -> tuple[str, Proof]:
        """A fresh access token of a sign-in that still stands, and the sign-in as it is from now on.

        Raises: `ended` (Expired, where it is not given)."""
        ended = ended or Expired("The sign-in has ended. Sign in again.")
        kept = _unpacked(who.state)
        if kept.keys() != {"refresh", "username"}:
            raise ended
        secret = self._pool.secret_hash(kept["username"], "SECRET_HASH")
        try:
            answer = await self._pool.ask_as_client(
                "initiate_auth",
                refusals.RENEW,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": kept["refresh"], **secret},
            )
        except Unauthenticated:
            raise ended from None
        has_totp = who.has_totp if has_totp is None else has_totp
        return await self._believe(answer, who.subject, has_totp=has_totp, refresh=kept["refresh"])

    async def _believe(
        self, answer: dict[str, Any], subject: str | None, *, has_totp: bool, refresh: str | None = None
    ) -> tuple[str, Proof]:
        """The access token of an answer, and what its tokens prove. refresh: the token used, where none comes anew."""
        given = answer.get("AuthenticationResult") or {}
        access = text_of(given, "AccessToken")
        try:
            claims = await self._tokens.verify(access, "access")
            of_id = await self._tokens.verify(text_of(given, "IdToken"), "id")
        except UntrustedToken as fault:
            log.error("A token of the pool is not to be trusted: %s", fault)
            raise away() from None
        if of_id.subject != claims.subject or subject not in (None, claims.subject):
            log.error("The pool answered with a token of another account")
            raise away()
        refresh = given.get("RefreshToken") or refresh
        if not isinstance(refresh, str):
            raise away()
        return access, Proof(claims.subject, has_totp, packed(refresh=refresh, username=claims.username))


def _made_up_challenge(username: str) -> dict[str, str]:
    """Of the size of a real one; its proof is refused."""
    return {
        "USERNAME": username,
        "USER_ID_FOR_SRP": username,
        "SALT": secrets.token_hex(16),
        "SRP_B": secrets.token_hex(384),
        "SECRET_BLOCK": secrets.token_hex(1024),
    }


def subject_of(account: dict[str, Any]) -> str:
    for attribute in account.get("UserAttributes") or []:
        if attribute.get("Name") == "sub":
            return text_of(attribute, "Value")
    raise away()


def text_of(answer: dict[str, Any], name: str) -> str:
    """Raises: Unavailable where Cognito's answer lacks it."""
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        log.error("Cognito's answer has no %s", name)
        raise away()
    return value


def _unforeseen(answer: dict[str, Any]) -> Unavailable:
    log.error("The pool asks for %s, which it should not be set up for", str(answer.get("ChallengeName"))[:64])
    return away()


def opened(step: Step, kind: StepKind) -> tuple[str, str]:
    """Session and name in the pool. Raises: Expired where the step is none of this kind."""
    kept = _unpacked(step.state)
    if step.kind is not kind or kept.keys() != {"session", "username"}:
        raise Expired("The sign-in took too long. Sign in again.")
    return kept["session"], kept["username"]


def packed(**kept: str) -> str:
    return json.dumps(kept)


def _unpacked(state: str | None) -> dict[str, str]:
    """Empty where it is nothing that we wrote."""
    try:
        kept = json.loads(state or "{}")
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) and all(isinstance(value, str) for value in kept.values()) else {}
