"""Mail where no mail server is set: shown on the console, and kept in a private file in the data folder.

For whoever tries Hilum on their own machine. An installation for others sets a mail server.
"""

import asyncio
import os
from pathlib import Path

from api.errors import Unavailable
from api.mail.mailer import Mail
from api.persistence.columns import now

FILE_NAME = "mailbox.txt"


class MailboxMailer:
    """A `Mailer`."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE_NAME

    async def send(self, mail: Mail) -> None:
        shown = f"To: {mail.to}\nDate: {now():%Y-%m-%d %H:%M:%S} UTC\nSubject: {mail.subject}\n\n{mail.text.rstrip()}\n"
        try:
            await asyncio.to_thread(self._append, f"{shown}{'-' * 72}\n")
        except OSError as error:
            raise Unavailable(f"The mail could not be kept ({error.strerror}). Try again.", retry_after=5.0) from error
        print(f"\nMail (no mail server is set):\n{shown}", flush=True)

    def _append(self, text: str) -> None:
        """As one write, so that two processes do not mix their mails."""
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)
