"""How a mail is sent.

Two real ones: a mail server (`smtp`), and a file and the console (`mailbox`) where none is set. What is sent is sent
after the commit: a mail cannot be taken back. Mails hold codes and invitations, never anything of a patient.
"""

import re
from dataclasses import dataclass, field
from typing import Final, Protocol

LONGEST_ADDRESS: Final = 254  # RFC 5321, 4.5.3.1.3, less the brackets
_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f,;<>()\[\]\\\"]{1,64}@[^@\s\x00-\x1f\x7f,;<>()\[\]\\\"]+")


@dataclass(frozen=True, slots=True)
class Mail:
    """One person's; plain text. Neither address nor text is shown when it is printed."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)


class Mailer(Protocol):
    async def send(self, mail: Mail) -> None:
        """Once the mail was taken. Raises: Unavailable (with `retry_after`) where it was not, or not in time."""
        ...


def is_address(text: str) -> bool:
    """Whether it is one plain e-mail address, which no header or list could be made of."""
    return len(text) <= LONGEST_ADDRESS and text.isprintable() and _ADDRESS.fullmatch(text) is not None
