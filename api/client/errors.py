"""What can stop the client, each in a sentence that says what to do.

ClientError
├─ NothingToSend    no such path, or no file in it
├─ ServerNotThere   nothing answers at the address, or something else than Hilum does
├─ WrongPassword    sign-in was refused
├─ ConnectionLost   the server went away and did not come back; the same command resumes
└─ Refused          the server said no, and why
   └─ StaleAddress  a part's signed address is too old or no longer valid; a fresh one can be had
"""


class ClientError(Exception):
    """`str()` of it is for the user."""


class NothingToSend(ClientError):
    pass


class ServerNotThere(ClientError):
    def __init__(self, url: str) -> None:
        super().__init__(f"No Hilum answers at {url}. Start it with `make run` (or name it with --url).")


class WrongPassword(ClientError):
    pass


class ConnectionLost(ClientError):
    def __init__(self, during: str) -> None:
        super().__init__(
            f"The connection was lost while {during}. What was received is kept: "
            "run the same command again, and it goes on from there."
        )


class Refused(ClientError):
    """code: the contract's ErrorCode, where the server gave one."""

    def __init__(self, message: str, code: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after


class StaleAddress(Refused):
    pass
