"""Mail over a real SMTP server on this machine, in clear, by STARTTLS and by TLS; and what becomes of its faults."""

import asyncio
import email
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from api.errors import Unavailable
from api.mail.mailer import Mail
from api.mail.smtp import SmtpMailer, SmtpServer
from api.persistence.columns import now

MAIL = Mail("somebody@test.example", "Ein Code für Sie", "Your code is 123456.\n")
USER, PASSWORD = "hilum", "a secret of the mail server"


@dataclass
class Postbox:
    """What the server was given. refuses: every recipient."""

    received: list[Envelope] = field(default_factory=list)
    refuses: bool = False

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.refuses:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        self.received.append(envelope)
        return "250 OK"


def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
    is_right = isinstance(given, LoginPassword) and (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right)


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's certificate that this process trusts."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now(), now() + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, key_file = tmp_path / "certificate.pem", tmp_path / "key.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file, key_file)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return context


def serve(postbox: Postbox, **options: Any) -> Iterator[SmtpServer]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    controller = Controller(postbox, hostname="localhost", port=port, **options)
    controller.start()
    yield SmtpServer("localhost", port, "none", None, None, "Hilum <hilum@test.example>", seconds=2.0)
    controller.stop()


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def plain(postbox: Postbox) -> Iterator[SmtpServer]:
    yield from serve(postbox)


@pytest.fixture
def starttls(postbox: Postbox, tls: ssl.SSLContext) -> Iterator[SmtpServer]:
    for server in serve(
        postbox, tls_context=tls, require_starttls=True, authenticator=authenticate, auth_required=True
    ):
        yield replace(server, security="starttls", user=USER, password=PASSWORD)


@pytest.fixture
def encrypted(postbox: Postbox, tls: ssl.SSLContext) -> Iterator[SmtpServer]:
    for server in serve(postbox, ssl_context=tls):
        yield replace(server, security="tls")


async def test_a_mail_arrives_as_it_was_written(plain: SmtpServer, postbox: Postbox) -> None:
    await SmtpMailer(plain).send(MAIL)

    (envelope,) = postbox.received
    assert isinstance(envelope.content, bytes)
    message = email.message_from_bytes(envelope.content, policy=default)
    assert envelope.rcpt_tos == ["somebody@test.example"]
    assert (message["From"], message["To"]) == ("Hilum <hilum@test.example>", "somebody@test.example")
    assert message["Subject"] == "Ein Code für Sie"
    assert message.get_content().strip() == "Your code is 123456."
    assert message["Message-ID"].endswith("@test.example>")


async def test_the_way_is_encrypted_before_the_password_is_told(starttls: SmtpServer, postbox: Postbox) -> None:
    await SmtpMailer(starttls).send(MAIL)

    assert len(postbox.received) == 1


async def test_the_way_may_be_encrypted_from_the_start(encrypted: SmtpServer, postbox: Postbox) -> None:
    await SmtpMailer(encrypted).send(MAIL)

    assert len(postbox.received) == 1


async def test_a_server_without_encryption_is_not_used_where_it_is_asked_for(
    plain: SmtpServer, postbox: Postbox
) -> None:
    with pytest.raises(Unavailable):
        await SmtpMailer(replace(plain, security="starttls")).send(MAIL)

    assert postbox.received == []


async def test_a_server_that_nobody_vouches_for_gets_nothing(
    starttls: SmtpServer, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")

    with pytest.raises(Unavailable):
        await SmtpMailer(starttls).send(MAIL)

    assert postbox.received == []


async def test_a_wrong_password_and_a_refused_address_are_faults_that_name_nobody(
    starttls: SmtpServer, postbox: Postbox, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Unavailable):
        await SmtpMailer(replace(starttls, password="wrong")).send(MAIL)
    postbox.refuses = True
    with pytest.raises(Unavailable) as refused:
        await SmtpMailer(starttls).send(MAIL)

    assert refused.value.retry_after is not None
    assert refused.value.__suppress_context__
    assert "somebody" not in caplog.text


async def test_a_server_that_is_away_or_silent_is_waited_for_no_longer_than_set(plain: SmtpServer) -> None:
    loop = asyncio.get_running_loop()
    with socket.create_server(("localhost", 0)) as silent:
        for port in (1, int(silent.getsockname()[1])):
            began = loop.time()
            with pytest.raises(Unavailable):
                await SmtpMailer(replace(plain, port=port, seconds=0.3)).send(MAIL)
            assert loop.time() - began < 2.0


async def test_a_header_is_not_broken_by_an_address(plain: SmtpServer, postbox: Postbox) -> None:
    with pytest.raises(Unavailable):
        await SmtpMailer(plain).send(Mail("a@b\r\nBcc: c@d", "Subject", "Text"))

    assert postbox.received == []
