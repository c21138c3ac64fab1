"""An authenticator app, whose codes are never the same: the directory's clock goes on with each."""

from dataclasses import dataclass

from api.identity import totp
from api.identity.local import LocalDirectory
from api.unit_of_work import House


@dataclass
class Authenticator:
    house: House
    secret: str

    def code(self) -> str:
        directory = self.house.directory
        assert isinstance(directory, LocalDirectory)
        seconds = directory.clock() + totp.STEP_SECONDS
        directory.clock = lambda: seconds
        return totp.code_at(self.secret, totp.step_at(seconds))

    def wrong_code(self) -> str:
        return f"{(int(self.code()) + 1) % 1_000_000:06}"
