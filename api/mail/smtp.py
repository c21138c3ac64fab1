"""Mail by a mail server: SMTP (RFC 5321), encrypted by STARTTLS (RFC 3207) or from the start (RFC 8314)."""

import asyncio
import logging
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Literal

from api.errors import Unavailable
from api.mail.mailer import Mail

log = logging.getLogger(__name__)

RETRY_SECONDS = 30.0
SENDING = 4  # connections at once; those beyond wait for their turn


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """seconds: for each answer of the server. Three times that is the longest that a mail may take in all."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    user: str | None
    password: str | None = field(repr=False)
    sender: str
    seconds: float


class SmtpMailer:
    """A `Mailer`. A connection a mail: there are few, and one that was kept would be closed when it is needed."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._turns = asyncio.Semaphore(SENDING)

    async def send(self, mail: Mail) -> None:
        try:
            async with asyncio.timeout(3 * self._server.seconds), self._turns:
                await asyncio.to_thread(self._send, mail)
        except (smtplib.SMTPException, OSError, ValueError) as error:  # TimeoutError is an OSError
            log.error("a mail was not sent: %s", type(error).__name__)
            # From None: the server's own words name the address, and whoever logs this would too.
            raise Unavailable("The mail could not be sent. Try again in a moment.", retry_after=RETRY_SECONDS) from None

    def _send(self, mail: Mail) -> None:
        server, message = self._server, _message(mail, self._server.sender)
        if server.security == "tls":
            context = ssl.create_default_context()
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=server.seconds, context=context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=server.seconds)
        with connection:
            if server.security == "starttls":
                connection.starttls(context=ssl.create_default_context())
            if server.user is not None:
                connection.login(server.user, server.password or "")
            connection.send_message(message)


def _message(mail: Mail, sender: str) -> EmailMessage:
    """Raises: ValueError where a header would break its line."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, mail.to, mail.subject
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=sender.rpartition("@")[2].strip("> "))
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answers of absence
    message.set_content(mail.text)
    return message
