"""The directory of accounts: who somebody is, never what they may do.

Two real ones: our own tables (`local`) and a Cognito user pool (`cognito`). A directory keeps passwords, second factors
and mailed codes; roles, organizations, sessions, challenges and recovery codes are ours in both (`api.accounts`).

A directory has transactions of its own: it is asked before our rows are written, and everything here may be done again
after a crash between the two. Nothing holds a database connection while a password is checked.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class StepKind(StrEnum):
    """What is still to be answered before somebody is known; the contract's `ChallengeKind`, value for value."""

    TOTP = "TOTP"
    ENROLL_TOTP = "ENROLL_TOTP"
    NEW_PASSWORD = "NEW_PASSWORD"
    CONFIRM_EMAIL = "CONFIRM_EMAIL"


@dataclass(frozen=True, slots=True)
class Proof:
    """Somebody is who they say.

    subject: the directory's own unchanging name of the account. has_totp: whether a second factor was asked for.
    state: what the directory needs to renew or end this sign-in (Cognito's refresh token); secret, kept sealed.
    """

    subject: str
    has_totp: bool
    state: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Step:
    """The password was right, and this comes next. state: what the directory needs to go on; secret, kept sealed."""

    kind: StepKind
    subject: str
    state: str | None = field(default=None, repr=False)


class UserDirectory(Protocol):
    """Proves that somebody is who they say.

    Every method may raise Unavailable (with `retry_after`) where the directory does not answer in time or too many ask
    at once. E-mail addresses are folded to lower case without outer blanks before they come here.
    """

    async def register(self, email: str, password: str, *, confirmed: bool = False) -> str:
        """The subject of a new account; a code is mailed unless it is `confirmed` already.

        An account that was registered and never confirmed is begun again with the new password.
        Raises: WeakPassword (too short, too long, breached), Conflict where a confirmed account has the address.
        """
        ...

    async def find(self, email: str) -> str | None:
        """The subject of the account with this address, confirmed or not."""
        ...

    async def confirm(self, email: str, code: str) -> None:
        """Raises: WrongCode, Expired (ask for a new one), both also where no such account waits."""
        ...

    async def resend_confirmation(self, email: str) -> None:
        """Mails a new code where an account waits for one; says nothing either way."""
        ...

    async def authenticate(self, email: str, password: str) -> Proof | Step:
        """Raises: WrongCredentials; as slowly where there is no such account, and for a disabled one."""
        ...

    async def answer_totp(self, step: Step, code: str) -> Proof:
        """A code opens once. Raises: WrongCode, Expired (sign in again)."""
        ...

    async def answer_new_password(self, step: Step, new_password: str) -> Proof | Step:
        """Raises: WeakPassword, Expired."""
        ...

    async def begin_totp(self, who: Proof | Step) -> tuple[str, Proof | Step]:
        """A new secret (base32, RFC 4648 without padding) that is not in force until `confirm_totp`, and `who` as it is
        from now on. Raises: Expired."""
        ...

    async def confirm_totp(self, who: Proof | Step, code: str) -> Proof:
        """The secret is in force. Raises: WrongCode, Expired."""
        ...

    async def remove_totp(self, subject: str) -> None:
        """No second factor any more; none there is no error."""
        ...

    async def request_reset(self, email: str) -> None:
        """Mails a code where there is a confirmed, enabled account; says nothing either way, and takes as long."""
        ...

    async def reset(self, email: str, code: str, new_password: str) -> str:
        """Sets the password; the subject. Raises: WrongCode, Expired, WeakPassword (the code stays good)."""
        ...

    async def renew(self, subject: str, state: str | None) -> str | None:
        """Ask whether a sign-in still stands; its state from now on.

        Raises: Unauthenticated where the account was disabled or removed, or the sign-in ended."""
        ...

    async def sign_out_everywhere(self, subject: str) -> None:
        """End every sign-in that the directory knows of."""
        ...

    async def set_enabled(self, subject: str, enabled: bool) -> None:
        """A disabled account neither signs in nor renews. Raises: NotFound."""
        ...
