"""A push service on a real TLS socket, and a browser that opens what comes, by RFC 8188 and RFC 8291 as they stand.

Nothing of what seals is used here but the standard library's HMAC and AES-GCM.
"""

import hashlib
import hmac
import json
import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.notifications import Registration
from api.push.vapid import decoded, encoded

CURVE = ec.SECP256R1()


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class PushService:
    """answers: of the next requests, status and headers; then 201."""

    url: str
    received: list[Received] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)

    def vapid_claims(self, request: Received) -> tuple[dict[str, Any], str]:
        """Of a request whose word is signed by the key that it names; and that key."""
        scheme, _, rest = request.headers["authorization"].partition(" ")
        assert scheme == "vapid"
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decoded(parts["k"]))
        claims: dict[str, Any] = jwt.decode(parts["t"], key, algorithms=["ES256"], audience=self.url)
        return claims, parts["k"]


@dataclass
class Browser:
    """A subscription at `path` of the push service, with the private key that never leaves the browser."""

    service: PushService
    path: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def point(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def registration(self) -> Registration:
        return Registration(self.service.url + self.path, encoded(self.point), encoded(self.auth))

    def requests(self) -> list[Received]:
        return [each for each in self.service.received if each.path == self.path]

    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(self.open(each.body)) for each in self.requests()]

    def open(self, body: bytes) -> bytes:
        return decrypt(body, self.key, self.auth)


def decrypt(body: bytes, key: ec.EllipticCurvePrivateKey, auth: bytes) -> bytes:
    """RFC 8188 section 2 for one record; its key by RFC 8291 section 3.4."""
    salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
    sender, sealed = body[21 : 21 + length], body[21 + length :]
    assert len(sealed) <= size
    own = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    secret = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender))
    material = _expand(_mac(auth, secret), b"WebPush: info\0" + own + sender, 32)
    extracted = _mac(salt, material)
    content_key = _expand(extracted, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _expand(extracted, b"Content-Encoding: nonce\0", 12)
    padded = AESGCM(content_key).decrypt(nonce, sealed, None).rstrip(b"\0")
    assert padded.endswith(b"\x02"), "the last record"
    return padded[:-1]


def _mac(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).digest()


def _expand(key: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand (RFC 5869 section 2.3), of one block."""
    return _mac(key, info + b"\x01")[:length]


@contextmanager
def push_service(context: ssl.SSLContext) -> Iterator[PushService]:
    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            service.received.append(Received(self.path, headers, body))
            status, more = service.answers.pop(0) if service.answers else (201, {})
            self.send_response(status)
            for name, value in {"content-length": "0", **more}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    service = PushService(f"https://localhost:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
