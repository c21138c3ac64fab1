"""The errors that Hilum foresees; the GraphQL edge and the routes turn them into the contract's words.

ApiError
├─ Unauthenticated     nobody is signed in, or the token ended
│  ├─ WrongCredentials the address or the password is wrong (never says which)
│  └─ Locked           too many failures; `retry_after` says when to come back; alike for accounts that do not exist
├─ NotFound            nothing there, or not visible to you (told apart only in the audit)
├─ NotPermitted        the role lacks this action
├─ Conflict            state does not allow it
├─ Invalid             input wrong, with the field's path
│  ├─ TooLarge         a limit is passed; the message names it
│  ├─ WeakPassword     too short, too long, or known from a breach
│  └─ WrongCode        of a second factor, a mail or a recovery sheet
├─ Expired             a cursor, an upload or a signed address is too old
├─ RateLimited         too often; `retry_after` says when to come back
└─ Unavailable         try again: a part of Hilum does not answer
   ├─ KeysOutOfDate    the keys of sealed columns could not be read for a while
   └─ PredictorAway    the model server is away or full; `retry_after` says when to ask again; analyses wait

Rejected is no ApiError: it refuses one instance of an upload while the others go on.
Not for: faults nobody foresaw. Those stay exceptions and are masked at the edge.
"""

from collections.abc import Sequence
from enum import StrEnum


class ErrorCode(StrEnum):
    """The contract's `ErrorCode`, value for value."""

    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    CONFLICT = "CONFLICT"
    TOO_LARGE = "TOO_LARGE"
    RATE_LIMITED = "RATE_LIMITED"
    UNAVAILABLE = "UNAVAILABLE"
    EXPIRED = "EXPIRED"
    WRONG_CREDENTIALS = "WRONG_CREDENTIALS"
    WEAK_PASSWORD = "WEAK_PASSWORD"
    WRONG_CODE = "WRONG_CODE"
    LOCKED = "LOCKED"


class ApiError(Exception):
    """An expected failure: `message` is a sentence the user can act on, `field` the input's path.

    action: what was refused, for the audit, where that is known.
    """

    code: ErrorCode = ErrorCode.INVALID
    action: str | None = None

    def __init__(self, message: str, field: Sequence[str] | None = None, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = list(field) if field is not None else None
        self.retry_after = retry_after


class Unauthenticated(ApiError):
    code = ErrorCode.UNAUTHENTICATED

    def __init__(self, message: str = "Sign in first.") -> None:
        super().__init__(message)


class WrongCredentials(Unauthenticated):
    code = ErrorCode.WRONG_CREDENTIALS

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is not right.")


class Locked(Unauthenticated):
    code = ErrorCode.LOCKED

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotFound(ApiError):
    code = ErrorCode.NOT_FOUND


class NotPermitted(ApiError):
    code = ErrorCode.FORBIDDEN


class Conflict(ApiError):
    code = ErrorCode.CONFLICT


class Invalid(ApiError):
    code = ErrorCode.INVALID


class TooLarge(Invalid):
    code = ErrorCode.TOO_LARGE


class WeakPassword(Invalid):
    code = ErrorCode.WEAK_PASSWORD


class WrongCode(Invalid):
    code = ErrorCode.WRONG_CODE


class Expired(ApiError):
    code = ErrorCode.EXPIRED


class RateLimited(ApiError):
    code = ErrorCode.RATE_LIMITED


class Unavailable(ApiError):
    code = ErrorCode.UNAVAILABLE


class KeysOutOfDate(Unavailable):
    def __init__(self) -> None:
        message = "The keys could not be read for a while. Try again in a few seconds."
        super().__init__(message, retry_after=5.0)


class PredictorAway(Unavailable):
    """Nothing is wrong with what was asked: it may be asked again, as long as one cares to wait."""


class RejectionCode(StrEnum):
    """The contract's `RejectionCode`, value for value."""

    NOT_AN_IMAGE = "NOT_AN_IMAGE"
    CORRUPT = "CORRUPT"
    UNSUPPORTED_TRANSFER_SYNTAX = "UNSUPPORTED_TRANSFER_SYNTAX"
    UNSUPPORTED_SOP_CLASS = "UNSUPPORTED_SOP_CLASS"
    TOO_LARGE = "TOO_LARGE"
    CHECKSUM_MISMATCH = "CHECKSUM_MISMATCH"
    UNSAFE_ARCHIVE = "UNSAFE_ARCHIVE"
    IDENTITY_CONFLICT = "IDENTITY_CONFLICT"
    PATIENT_MISMATCH = "PATIENT_MISMATCH"


class Rejected(Exception):
    """One instance (or one archive) of an upload is refused; the others are kept.

    message: a sentence that names the thing and the remedy, without patient data.
    """

    def __init__(self, code: RejectionCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
