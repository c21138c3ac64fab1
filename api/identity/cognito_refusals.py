"""What Cognito's codes mean, operation by operation. A code that is not listed is not foreseen and becomes Unavailable:
so is a parameter that Cognito calls invalid where ours were checked before, which is a pool that is set up otherwise.

Where a code would tell whether an account exists, it means the same as the answer to an account that does not.
"""

from collections.abc import Callable

from api.errors import (
    ApiError,
    Conflict,
    Expired,
    Invalid,
    NotFound,
    Unauthenticated,
    WeakPassword,
    WrongCode,
    WrongCredentials,
)

Refusals = dict[str, Callable[[], ApiError]]


class Nobody(NotFound):
    """There is no such account."""

    def __init__(self) -> None:
        super().__init__("There is no such account.")


class Taken(Conflict):
    """An account has the address; whether it was ever confirmed is to be asked."""

    def __init__(self) -> None:
        super().__init__(
            "There is an account with this e-mail address already. Sign in, or reset its password.", ["email"]
        )


class NotConfirmed(WrongCredentials):
    """The account waits for its code. Whether the password was right must be made sure of before anybody is told."""


class Unwanted(Invalid):
    """Cognito does not do this in the account's state; nobody is told."""


def _wrong_code() -> WrongCode:
    return WrongCode("The code is not right. Look again, or ask for a new one.", ["code"])


def _wrong_totp() -> WrongCode:
    return WrongCode("The code is not right, or was used before. Wait for the next one.", ["code"])


def _code_ended() -> Expired:
    return Expired("The code is no longer good. Ask for a new one in a few minutes.")


def _sign_in_ended() -> Expired:
    return Expired("The sign-in took too long. Sign in again.")


def _weak_password() -> WeakPassword:
    return WeakPassword(
        "The directory refuses this password. Choose a longer one that was not used here before.", ["password"]
    )


def _weak_new_password() -> WeakPassword:
    return WeakPassword(_weak_password().message, ["newPassword"])


def _odd_address() -> Invalid:
    return Invalid("This is no e-mail address.", ["email"])


FIND: Refusals = {"UserNotFoundException": Nobody}
SIGN_UP: Refusals = {
    "UsernameExistsException": Taken,
    "AliasExistsException": Taken,
    "InvalidPasswordException": _weak_password,
    "InvalidParameterException": _odd_address,
}
SET_PASSWORD: Refusals = {
    "InvalidPasswordException": _weak_password,
    "PasswordHistoryPolicyViolationException": _weak_password,
}
CONFIRM: Refusals = {
    "CodeMismatchException": _wrong_code,
    "UserNotFoundException": _wrong_code,
    "NotAuthorizedException": _wrong_code,  # confirmed already, or disabled
    "InvalidParameterException": _wrong_code,
    "AliasExistsException": _wrong_code,  # another account has confirmed the address
    "ExpiredCodeException": _code_ended,
    "TooManyFailedAttemptsException": _code_ended,
    "LimitExceededException": _code_ended,  # of one account: to be told would tell that it exists
}
RESET: Refusals = {
    **CONFIRM,
    "UserNotConfirmedException": _wrong_code,
    "InvalidPasswordException": _weak_new_password,
    "PasswordHistoryPolicyViolationException": _weak_new_password,
}
MAIL: Refusals = {
    code: lambda: Unwanted("No mail.")
    for code in (
        "UserNotFoundException",
        "InvalidParameterException",  # confirmed already; or no confirmed address to send to
        "NotAuthorizedException",  # disabled
        "UserNotConfirmedException",
        "LimitExceededException",  # of one account
        "CodeDeliveryFailureException",
    )
}
BEGIN: Refusals = {
    "NotAuthorizedException": WrongCredentials,
    "UserNotFoundException": WrongCredentials,
    "PasswordResetRequiredException": WrongCredentials,
    "UserNotConfirmedException": WrongCredentials,  # said before the password was proven
}
PROVE: Refusals = {**BEGIN, "UserNotConfirmedException": NotConfirmed}
ANSWER: Refusals = {
    "NotAuthorizedException": _sign_in_ended,  # the session is spent or too old, or the account was disabled
    "UserNotFoundException": _sign_in_ended,
    "UserNotConfirmedException": _sign_in_ended,
    "PasswordResetRequiredException": _sign_in_ended,
}
ANSWER_TOTP: Refusals = {
    **ANSWER,
    "CodeMismatchException": _wrong_totp,
    "ExpiredCodeException": _wrong_totp,  # used once already
    "EnableSoftwareTokenMFAException": _wrong_totp,
    "SoftwareTokenMFANotFoundException": _sign_in_ended,  # removed, or never begun
}
ANSWER_NEW_PASSWORD: Refusals = {
    **ANSWER,
    "InvalidPasswordException": _weak_new_password,
    "PasswordHistoryPolicyViolationException": _weak_new_password,
}
RENEW: Refusals = {
    code: Unauthenticated
    for code in (
        "NotAuthorizedException",  # disabled, signed out, or too old
        "UserNotFoundException",
        "UserNotConfirmedException",
        "PasswordResetRequiredException",
    )
}
