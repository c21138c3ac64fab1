"""The client's half of a password proof: SRP-6a (RFC 5054) as Cognito speaks it. The password is never sent.

pycognito does the arithmetic. The conversation is ours: its own `authenticate_user` loses the session of the
challenges that follow, and does not look at what the server sent.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pycognito.aws_srp import AWSSRP, hex_to_long


class UnreadableChallenge(Exception):
    """The server's half is missing or could not have been made honestly."""


def secret_hash(username: str, client_id: str, client_secret: str) -> str:
    """What an app client with a secret adds to each request for a user: HMAC-SHA-256 of user and client, base64."""
    return str(AWSSRP.get_secret_hash(username, client_id, client_secret))


class PasswordProof:
    """One sign-in; made anew for each, since its random exponent may be used once. Slow: some 20 ms of arithmetic."""

    def __init__(
        self, username: str, password: str, *, pool_id: str, client_id: str, client_secret: str | None, client: Any
    ) -> None:
        self._client_id, self._client_secret, self._password = client_id, client_secret, password
        self._pool_name = pool_id.split("_", 1)[1]
        self._srp = AWSSRP(
            username=username,
            password=password,
            pool_id=pool_id,
            client_id=client_id,
            client_secret=client_secret,
            client=client,
        )

    def opening(self) -> dict[str, str]:
        """`AuthParameters` of InitiateAuth: who it is, and A."""
        return dict(self._srp.get_auth_params())

    def answer(self, challenge: Mapping[str, Any]) -> dict[str, str]:
        """`ChallengeResponses` to PASSWORD_VERIFIER.

        Raises: UnreadableChallenge, also where B is a multiple of N, which RFC 5054 2.5.4 forbids."""
        try:
            username, user_id = str(challenge["USERNAME"]), str(challenge["USER_ID_FOR_SRP"])
            block, salt = str(challenge["SECRET_BLOCK"]), str(challenge["SALT"])
            b = hex_to_long(str(challenge["SRP_B"]))
            if b % self._srp.big_n == 0:
                raise UnreadableChallenge("SRP_B")
            key = self._srp.get_password_authentication_key(user_id, self._password, b, salt)
            sealed = base64.b64decode(block, validate=True)
        except (KeyError, ValueError, binascii.Error) as fault:
            raise UnreadableChallenge(type(fault).__name__) from None
        timestamp = str(AWSSRP.get_cognito_formatted_timestamp(datetime.now(UTC)))
        signed = self._pool_name.encode() + user_id.encode() + sealed + timestamp.encode()
        responses = {
            "USERNAME": username,
            "TIMESTAMP": timestamp,
            "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(
                hmac.new(bytes(key), signed, hashlib.sha256).digest()
            ).decode(),
        }
        if self._client_secret is not None:
            responses["SECRET_HASH"] = secret_hash(username, self._client_id, self._client_secret)
        return responses
