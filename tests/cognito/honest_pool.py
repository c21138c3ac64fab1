"""What moto's user pool does not do: it keeps real secrets of one pool and refuses the wrong ones.

Rules and codes are those of AWS's API reference and of "Managing user existence error responses". Not imitated: the
lock after many wrong passwords, devices, hosted sign-in, triggers.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from moto.cognitoidp.models import CognitoIdpUser, CognitoIdpUserPool, CognitoIdpUserPoolClient, UserStatus
from moto.core.exceptions import JsonRESTError

from tests.cognito.authenticator import STEP_SECONDS, totp
from tests.cognito.srp_server import Exchange, N

CONFIRMATION_SECONDS = 24 * 3600
RESET_SECONDS = 3600
TRIES = 5
SESSION_SECONDS = 180
TIMESTAMP_SECONDS = 300


@cache
def signing_key(number: int) -> rsa.RSAPrivateKey:
    """A few for all pools, since one takes a third of a second to make."""
    return rsa.generate_private_key(65537, 2048)


def refused(code: str, message: str = "Refused.") -> JsonRESTError:
    return JsonRESTError(code, message)


@dataclass
class MailedCode:
    code: str
    ends_at: float
    tries: int = 0


@dataclass
class Session:
    challenge: str
    username: str
    ends_at: float
    is_verified: bool = False  # MFA_SETUP: a secret was confirmed by it


@dataclass
class TotpSecret:
    """last_step: of the newest code that was taken."""

    text: str
    last_step: int = -1


@dataclass
class Authenticator:
    """pending: a secret that nobody has confirmed."""

    secret: TotpSecret | None = None
    pending: TotpSecret | None = None


@dataclass
class SignIn:
    client_id: str
    username: str
    is_revoked: bool = False


@dataclass
class HonestPool:
    """unconfirmed_is_told: when a sign-in to an unconfirmed account says so: to a right password, to any, or before."""

    pool: CognitoIdpUserPool
    key: rsa.RSAPrivateKey
    kid: str = field(default_factory=lambda: base64.b64encode(secrets.token_bytes(32)).decode())
    unconfirmed_is_told: Literal["right", "any", "before"] = "right"
    seconds_later: float = 0.0  # how far this pool's codes and sessions have aged beyond the clock
    totp_steps_later: int = 0
    mails: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    confirmations: dict[str, MailedCode] = field(default_factory=dict)
    resets: dict[str, MailedCode] = field(default_factory=dict)
    exchanges: dict[str, tuple[Exchange, CognitoIdpUser | None, float]] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    authenticators: dict[str, Authenticator] = field(default_factory=lambda: defaultdict(Authenticator))
    refresh_tokens: dict[str, SignIn] = field(default_factory=dict)
    access_tokens: dict[str, SignIn] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"https://cognito-idp.{self.pool.region}.amazonaws.com/{self.pool.id}"

    def now(self) -> float:
        return time.time() + self.seconds_later

    def user(self, username: str) -> CognitoIdpUser | None:
        return self.pool._get_user(username)

    # app clients

    def require_flow(self, client: CognitoIdpUserPoolClient, flow: str) -> None:
        allowed = client.extended_config.get("ExplicitAuthFlows") or []
        if f"ALLOW_{flow}" not in allowed:
            raise refused("InvalidParameterException", f"{flow} is not enabled for the client.")

    def require_secret(self, client: CognitoIdpUserPoolClient, username: str, given: str | None) -> None:
        if not client.generate_secret:
            return
        digest = hmac.new(client.secret.encode(), f"{username}{client.id}".encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(base64.b64encode(digest).decode(), given or ""):
            raise refused("NotAuthorizedException", "Unable to verify secret hash for client.")

    def hides_existence(self, client: CognitoIdpUserPoolClient) -> bool:
        return bool(client.extended_config.get("PreventUserExistenceErrors") == "ENABLED")

    # passwords

    def require_policy(self, password: str) -> None:
        policy = self.pool.extended_config["Policies"]["PasswordPolicy"]
        if not policy["MinimumLength"] <= len(password) <= 256 or password != password.strip():
            raise refused("InvalidPasswordException", "Password did not conform with policy.")
        for rule, is_met in (
            ("RequireUppercase", any(sign.isupper() for sign in password)),
            ("RequireLowercase", any(sign.islower() for sign in password)),
            ("RequireNumbers", any(sign.isdigit() for sign in password)),
            ("RequireSymbols", any(not sign.isalnum() for sign in password)),
        ):
            if policy.get(rule) and not is_met:
                raise refused("InvalidPasswordException", "Password did not conform with policy.")

    def begin_exchange(self, username: str, user: CognitoIdpUser | None, a: str) -> dict[str, str]:
        """user: None for an address without account, which gets a challenge that nobody can answer."""
        if not a or int(a, 16) % N == 0:
            raise refused("InvalidParameterException", "Incorrect SRP_A.")
        name = self.pool.id.split("_", 1)[1]
        made_up = hashlib.sha256(f"{self.pool.id}{username}".encode()).digest()
        user_id = user.id if user else str(uuid4())
        password = (user.password or "") if user else secrets.token_hex(32)
        salt = int.from_bytes(secrets.token_bytes(16) if user else made_up[:16], "big")
        exchange = Exchange(name, user_id, password, int(a, 16), salt)
        block = base64.b64encode(exchange.block).decode()
        self.exchanges[block] = exchange, user, self.now() + SESSION_SECONDS
        return {
            "USERNAME": user.username if user else username,
            "USER_ID_FOR_SRP": user_id,
            "SALT": f"{salt:x}",
            "SRP_B": f"{exchange.b:x}",
            "SECRET_BLOCK": block,
        }

    def end_exchange(self, responses: dict[str, str]) -> CognitoIdpUser:
        """Whose password was proven. Raises: NotAuthorizedException; each challenge is answered once."""
        found = self.exchanges.pop(responses.get("PASSWORD_CLAIM_SECRET_BLOCK", ""), None)
        if found is None or found[2] < self.now():
            raise refused("NotAuthorizedException", "Invalid session for the user.")
        exchange, user, _ = found
        timestamp = responses.get("TIMESTAMP", "")
        try:
            told = datetime.strptime(timestamp, "%a %b %d %H:%M:%S UTC %Y").replace(tzinfo=UTC).timestamp()
        except ValueError:
            raise refused(
                "InvalidParameterException", "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy."
            ) from None
        if user is not None and user.status == UserStatus.UNCONFIRMED and self.unconfirmed_is_told == "any":
            raise refused("UserNotConfirmedException", "User is not confirmed.")
        is_proven = exchange.is_proven_by(responses.get("PASSWORD_CLAIM_SIGNATURE", ""), timestamp)
        if not is_proven or abs(told - time.time()) > TIMESTAMP_SECONDS or user is None:
            raise refused("NotAuthorizedException", "Incorrect username or password.")
        if responses.get("USERNAME") != user.username:
            raise refused("NotAuthorizedException", "Incorrect username or password.")
        return user

    # mailed codes

    def mail_code(self, codes: dict[str, MailedCode], user: CognitoIdpUser, seconds: float) -> None:
        code = f"{secrets.randbelow(10**6):06}"
        codes[user.username] = MailedCode(code, self.now() + seconds)
        self.mails[user.attribute_lookup["email"]].append(code)

    def require_code(self, codes: dict[str, MailedCode], user: CognitoIdpUser | None, given: str) -> CognitoIdpUser:
        """A code is right once and for a time; after a few wrong ones it is gone."""
        waiting = codes.get(user.username) if user else None
        if user is None or waiting is None or waiting.ends_at < self.now():
            raise refused("ExpiredCodeException", "Invalid code provided, please request a code again.")
        if waiting.tries >= TRIES:
            raise refused("LimitExceededException", "Attempt limit exceeded, please try after some time.")
        if not hmac.compare_digest(waiting.code.encode(), given.encode()):
            waiting.tries += 1
            raise refused("CodeMismatchException", "Invalid verification code provided, please try again.")
        return user

    # second factors

    def require_totp(self, secret: TotpSecret | None, given: str, mismatch: str) -> None:
        """Steps before and after count too, each once (RFC 6238 5.2)."""
        if secret is None:
            raise refused("SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the user.")
        this = int(time.time()) // STEP_SECONDS + self.totp_steps_later
        for step in (this - 1, this, this + 1):
            if hmac.compare_digest(totp(secret.text, step).encode(), given.encode()):
                if step <= secret.last_step:
                    raise refused("ExpiredCodeException", "Your software token has already been used once.")
                secret.last_step = step
                return
        raise refused(mismatch, "Invalid code received for user.")

    def next_totp(self, secret: str) -> str:
        """A right code that was not given before: the next one."""
        self.totp_steps_later += 1
        return totp(secret, int(time.time()) // STEP_SECONDS + self.totp_steps_later)

    # challenges and tokens

    def begin_session(self, challenge: str, user: CognitoIdpUser) -> str:
        session = secrets.token_urlsafe(600)
        self.sessions[session] = Session(challenge, user.username, self.now() + SESSION_SECONDS)
        return session

    def require_session(self, session: str, challenge: str, username: str | None = None) -> CognitoIdpUser:
        found = self.sessions.get(session)
        if found is None or found.challenge != challenge or found.ends_at < self.now():
            raise refused("NotAuthorizedException", "Invalid session for the user, session is expired.")
        user = self.user(found.username)
        if user is None or username not in (None, user.username):
            raise refused("NotAuthorizedException", "Invalid session for the user.")
        self.require_enabled(user)
        return user

    def require_enabled(self, user: CognitoIdpUser) -> None:
        if not user.enabled:
            raise refused("NotAuthorizedException", "User is disabled.")

    def next_answer(self, client: CognitoIdpUserPoolClient, user: CognitoIdpUser) -> dict[str, Any]:
        """What follows a proven password: a challenge or tokens."""
        if user.status == UserStatus.FORCE_CHANGE_PASSWORD:
            return self.challenge("NEW_PASSWORD_REQUIRED", user)
        if self.pool.mfa_config == "ON" and not user.token_verified:
            return self.challenge("MFA_SETUP", user)
        if user.software_token_mfa_enabled or (self.pool.mfa_config == "ON" and user.token_verified):
            return self.challenge("SOFTWARE_TOKEN_MFA", user)
        return self.sign_in(client, user)

    def challenge(self, name: str, user: CognitoIdpUser) -> dict[str, Any]:
        return {"ChallengeName": name, "Session": self.begin_session(name, user), "ChallengeParameters": {}}

    def sign_in(self, client: CognitoIdpUserPoolClient, user: CognitoIdpUser) -> dict[str, Any]:
        refresh = secrets.token_urlsafe(700)
        self.refresh_tokens[refresh] = SignIn(client.id, user.username)
        answer = self.renew(client, user, self.refresh_tokens[refresh])
        answer["AuthenticationResult"]["RefreshToken"] = refresh
        return answer

    def renew(self, client: CognitoIdpUserPoolClient, user: CognitoIdpUser, sign_in: SignIn) -> dict[str, Any]:
        access = self.token("access", client_id=client.id, sub=user.id, username=user.username)
        self.access_tokens[access] = sign_in
        id_token = self.token("id", aud=client.id, sub=user.id, **{"cognito:username": user.username})
        given = {"AccessToken": access, "IdToken": id_token, "ExpiresIn": 3600, "TokenType": "Bearer"}
        return {"ChallengeParameters": {}, "AuthenticationResult": given}

    def token(self, use: str, **claims: Any) -> str:
        now = int(time.time())
        every = {"iss": self.issuer, "token_use": use, "iat": now, "auth_time": now, "exp": now + 3600}
        return jwt.encode({**every, "jti": str(uuid4()), **claims}, self.key, "RS256", {"kid": self.kid})

    def signed_in(self, access: str) -> CognitoIdpUser:
        found = self.access_tokens.get(access)
        user = self.user(found.username) if found and not found.is_revoked else None
        if user is None:
            raise refused("NotAuthorizedException", "Access Token has been revoked.")
        self.require_enabled(user)
        return user

    def sign_out(self, username: str) -> None:
        for sign_in in self.refresh_tokens.values():
            sign_in.is_revoked = sign_in.is_revoked or sign_in.username == username

    def jwks(self) -> bytes:
        key = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return json.dumps({"keys": [{**key, "kid": self.kid, "alg": "RS256", "use": "sig"}]}).encode()
