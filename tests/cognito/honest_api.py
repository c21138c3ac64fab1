"""moto's Cognito API with the operations that prove something taken over by `HonestPool`."""

import base64
import json
import secrets
import threading
from collections.abc import Callable
from typing import Any, ClassVar

from moto.cognitoidp.models import CognitoIdpUser, CognitoIdpUserPoolClient, UserStatus, cognitoidp_backends
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import camelcase_to_underscores

from tests.cognito.honest_pool import CONFIRMATION_SECONDS, RESET_SECONDS, HonestPool, TotpSecret, refused, signing_key

KEYS = 3  # pools that follow each other sign with different ones
REGION = "us-east-1"  # moto's server takes requests that are not signed for this one


class HonestApi(CognitoIdpResponse):
    """pools: by id, made when a pool is first asked for. faults: AWS's code that the next such operation answers.
    seen: operations in the order they came."""

    pools: ClassVar[dict[str, HonestPool]] = {}
    faults: ClassVar[dict[str, str]] = {}
    seen: ClassVar[list[str]] = []
    before: ClassVar[dict[str, Callable[[], object]]] = {}  # what happens while such an operation is on its way
    lock: ClassVar[Any] = threading.RLock()

    def call_action(self) -> Any:
        action = camelcase_to_underscores(self._get_action())
        if (wait := self.before.get(action)) is not None:
            wait()
        with self.lock:
            self.seen.append(action)
            if (code := self.faults.get(action)) is not None:
                status = 500 if code.startswith("Internal") else 400
                return status, {}, json.dumps({"__type": code, "message": "who@test.example was refused."})
            return super().call_action()

    def _given(self, name: str) -> Any:
        return self.parameters.get(name)

    @classmethod
    def pool(cls, pool_id: str) -> HonestPool:
        if pool_id not in cls.pools:
            made = cognitoidp_backends[DEFAULT_ACCOUNT_ID][REGION].describe_user_pool(pool_id)
            cls.pools[pool_id] = HonestPool(made, signing_key(len(cls.pools) % KEYS))
        return cls.pools[pool_id]

    def _client(self) -> tuple[HonestPool, CognitoIdpUserPoolClient]:
        for pool_id, pool in cognitoidp_backends[DEFAULT_ACCOUNT_ID][REGION].user_pools.items():
            if (client := pool.clients.get(self._given("ClientId"))) is not None:
                return self.pool(pool_id), client
        raise refused("ResourceNotFoundException", "User pool client does not exist.")

    def _client_and_user(self) -> tuple[HonestPool, CognitoIdpUserPoolClient, CognitoIdpUser | None]:
        """Of a request for `Username`. Raises: UserNotFoundException where the client does not hide who exists."""
        pool, client = self._client()
        pool.require_secret(client, self._given("Username"), self._given("SecretHash"))
        user = pool.user(self._given("Username"))
        if user is None and not pool.hides_existence(client):
            raise refused("UserNotFoundException", "User does not exist.")
        return pool, client, user

    def _administered(self) -> tuple[HonestPool, CognitoIdpUser]:
        pool = self.pool(self._given("UserPoolId"))
        user = pool.user(self._given("Username"))
        if user is None:
            raise refused("UserNotFoundException", "User does not exist.")
        return pool, user

    # accounts

    def sign_up(self) -> ActionResult:
        pool, client = self._client()
        email, password = self._given("Username"), self._given("Password")
        pool.require_secret(client, email, self._given("SecretHash"))
        if pool.pool.extended_config["AdminCreateUserConfig"].get("AllowAdminCreateUserOnly"):
            raise refused("NotAuthorizedException", "SignUp is not permitted for this user pool.")
        if "@" not in email:
            raise refused("InvalidParameterException", "Username should be an email.")
        pool.require_policy(password)
        if pool.user(email) is not None:
            raise refused("UsernameExistsException", "An account with the given email already exists.")
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "false"}]
        user = CognitoIdpUser(pool.pool.id, None, password, UserStatus.UNCONFIRMED, attributes)
        pool.pool.users[user.username] = user
        pool.mail_code(pool.confirmations, user, CONFIRMATION_SECONDS)
        return ActionResult({"UserConfirmed": False, "UserSub": user.id})

    def confirm_sign_up(self) -> ActionResult:
        pool, _, user = self._client_and_user()
        if user is not None and user.status != UserStatus.UNCONFIRMED:
            raise refused("NotAuthorizedException", f"User cannot be confirmed. Current status is {user.status}")
        user = pool.require_code(pool.confirmations, user, self._given("ConfirmationCode"))
        del pool.confirmations[user.username]
        user.status = UserStatus.CONFIRMED
        user.update_attributes([{"Name": "email_verified", "Value": "true"}])
        return EmptyResult()

    def resend_confirmation_code(self) -> ActionResult:
        pool, _, user = self._client_and_user()
        if user is not None:
            if user.status != UserStatus.UNCONFIRMED:
                raise refused("InvalidParameterException", "User is already confirmed.")
            pool.mail_code(pool.confirmations, user, CONFIRMATION_SECONDS)
        return ActionResult({"CodeDeliveryDetails": {"DeliveryMedium": "EMAIL"}})

    def forgot_password(self) -> ActionResult:
        pool, _, user = self._client_and_user()
        if user is not None:
            pool.require_enabled(user)
            if user.status not in (UserStatus.CONFIRMED, UserStatus.RESET_REQUIRED):
                raise refused("NotAuthorizedException", "User password cannot be reset in the current state.")
            if user.attribute_lookup.get("email_verified") != "true":
                raise refused("InvalidParameterException", "There is no verified email.")
            pool.mail_code(pool.resets, user, RESET_SECONDS)
        return ActionResult({"CodeDeliveryDetails": {"DeliveryMedium": "EMAIL"}})

    def confirm_forgot_password(self) -> ActionResult:
        pool, _, user = self._client_and_user()
        pool.require_policy(self._given("Password"))
        user = pool.require_code(pool.resets, user, self._given("ConfirmationCode"))
        pool.require_enabled(user)
        del pool.resets[user.username]
        user.password, user.status = self._given("Password"), UserStatus.CONFIRMED
        return EmptyResult()

    # signing in

    def initiate_auth(self) -> ActionResult:
        pool, client = self._client()
        flow, given = self._given("AuthFlow"), self._given("AuthParameters")
        pool.require_flow(client, flow)
        if flow == "REFRESH_TOKEN_AUTH":
            return ActionResult(self._refresh(pool, client, given))
        if flow != "USER_SRP_AUTH":
            raise refused("InvalidParameterException", "Initiate Auth method not supported.")
        pool.require_secret(client, given["USERNAME"], given.get("SECRET_HASH"))
        user = pool.user(given["USERNAME"])
        if user is None and not pool.hides_existence(client):
            raise refused("UserNotFoundException", "User does not exist.")
        if user is not None and user.status == UserStatus.UNCONFIRMED and pool.unconfirmed_is_told == "before":
            raise refused("UserNotConfirmedException", "User is not confirmed.")
        parameters = pool.begin_exchange(given["USERNAME"], user, given.get("SRP_A", ""))
        return ActionResult({"ChallengeName": "PASSWORD_VERIFIER", "ChallengeParameters": parameters})

    def _refresh(self, pool: HonestPool, client: CognitoIdpUserPoolClient, given: dict[str, str]) -> dict[str, Any]:
        found = pool.refresh_tokens.get(given.get("REFRESH_TOKEN", ""))
        if found is None or found.client_id != client.id:
            raise refused("NotAuthorizedException", "Invalid Refresh Token.")
        if found.is_revoked:
            raise refused("NotAuthorizedException", "Refresh Token has been revoked.")
        pool.require_secret(client, found.username, given.get("SECRET_HASH"))
        user = pool.user(found.username)
        if user is None:
            raise refused("NotAuthorizedException", "Invalid Refresh Token.")
        pool.require_enabled(user)
        return pool.renew(client, user, found)

    def respond_to_auth_challenge(self) -> ActionResult:
        pool, client = self._client()
        name, given = self._given("ChallengeName"), self._given("ChallengeResponses")
        pool.require_secret(client, given.get("USERNAME", ""), given.get("SECRET_HASH"))
        if name == "PASSWORD_VERIFIER":
            user = pool.end_exchange(given)
            pool.require_enabled(user)
            if user.status == UserStatus.UNCONFIRMED:
                raise refused("UserNotConfirmedException", "User is not confirmed.")
            if user.status == UserStatus.RESET_REQUIRED:
                raise refused("PasswordResetRequiredException", "Password reset required for the user.")
            return ActionResult(pool.next_answer(client, user))
        session = self._given("Session") or ""
        user = pool.require_session(session, name, given.get("USERNAME", ""))
        if name == "SOFTWARE_TOKEN_MFA":
            secret = pool.authenticators[user.username].secret
            pool.require_totp(secret, given.get("SOFTWARE_TOKEN_MFA_CODE", ""), "CodeMismatchException")
            answer = pool.sign_in(client, user)
        elif name == "NEW_PASSWORD_REQUIRED":
            pool.require_policy(given.get("NEW_PASSWORD", ""))
            user.password, user.status = given["NEW_PASSWORD"], UserStatus.CONFIRMED
            answer = pool.next_answer(client, user)
        elif name == "MFA_SETUP" and pool.sessions[session].is_verified:
            answer = pool.sign_in(client, user)
        else:
            raise refused("InvalidParameterException", "Invalid challenge.")
        del pool.sessions[session]
        return ActionResult(answer)

    # second factors

    def _enrolling(self) -> tuple[HonestPool, CognitoIdpUser, str | None]:
        """By a session that asks for it, or by an access token."""
        session, access = self._given("Session"), self._given("AccessToken")
        for pool in self.pools.values():
            if session in pool.sessions:
                return pool, pool.require_session(session, "MFA_SETUP"), session
            if access in pool.access_tokens:
                return pool, pool.signed_in(access), None
        raise refused("NotAuthorizedException", "Invalid session for the user.")

    def associate_software_token(self) -> ActionResult:
        pool, user, session = self._enrolling()
        secret = base64.b32encode(secrets.token_bytes(32)).decode().rstrip("=")
        pool.authenticators[user.username].pending = TotpSecret(secret)
        return ActionResult({"SecretCode": secret, **self._renewed(pool, user, session)})

    def verify_software_token(self) -> ActionResult:
        pool, user, session = self._enrolling()
        mine = pool.authenticators[user.username]
        pool.require_totp(mine.pending, self._given("UserCode"), "EnableSoftwareTokenMFAException")
        mine.secret, mine.pending = mine.pending, None
        user.token_verified = True
        return ActionResult({"Status": "SUCCESS", **self._renewed(pool, user, session, is_verified=True)})

    def _renewed(
        self, pool: HonestPool, user: CognitoIdpUser, session: str | None, *, is_verified: bool = False
    ) -> dict[str, str]:
        if session is None:
            return {}
        del pool.sessions[session]
        new = pool.begin_session("MFA_SETUP", user)
        pool.sessions[new].is_verified = is_verified
        return {"Session": new}

    # administration

    def admin_confirm_sign_up(self) -> ActionResult:
        pool, user = self._administered()
        if user.status != UserStatus.UNCONFIRMED:
            raise refused("NotAuthorizedException", f"User cannot be confirmed. Current status is {user.status}")
        pool.confirmations.pop(user.username, None)
        user.status = UserStatus.CONFIRMED
        return EmptyResult()

    def admin_set_user_password(self) -> ActionResult:
        pool, user = self._administered()
        pool.require_policy(self._given("Password"))
        is_permanent = self._given("Permanent")
        user.password = self._given("Password")
        user.status = UserStatus.CONFIRMED if is_permanent else UserStatus.FORCE_CHANGE_PASSWORD
        return EmptyResult()

    def admin_disable_user(self) -> ActionResult:
        pool, user = self._administered()
        user.enabled = False
        pool.access_tokens = {
            token: sign_in for token, sign_in in pool.access_tokens.items() if sign_in.username != user.username
        }
        return EmptyResult()

    def admin_user_global_sign_out(self) -> ActionResult:
        pool, user = self._administered()
        pool.sign_out(user.username)
        return EmptyResult()
