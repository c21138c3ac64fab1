"""Seal a message for one browser: RFC 8291 on the content coding aes128gcm of RFC 8188, in one record."""

import os

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()
POINT_BYTES, AUTH_BYTES, SALT_BYTES = 65, 16, 16
RECORD_BYTES = 4096  # RFC 8291 section 4: what every push service takes
LONGEST = RECORD_BYTES - 16 - 1 - (SALT_BYTES + 4 + 1 + POINT_BYTES)
LAST_RECORD = b"\x02"


def parse_point(p256dh: bytes) -> ec.EllipticCurvePublicKey:
    """Raises ValueError where the 65 bytes are no uncompressed point of P-256."""
    if len(p256dh) != POINT_BYTES:
        raise ValueError("not 65 bytes")
    return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, p256dh)


def point_bytes(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encrypt(
    message: bytes,
    p256dh: bytes,
    auth: bytes,
    *,
    salt: bytes | None = None,
    sender: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """The body of a push request. salt, sender: fresh ones, but in the example of RFC 8291.

    Raises ValueError for keys that are none, and for a message of more than LONGEST bytes.
    """
    if len(message) > LONGEST:
        raise ValueError(f"more than {LONGEST} bytes")
    salt = os.urandom(SALT_BYTES) if salt is None else salt
    sender = ec.generate_private_key(CURVE) if sender is None else sender
    receiver, own = parse_point(p256dh), point_bytes(sender.public_key())
    secret = sender.exchange(ec.ECDH(), receiver)
    # Section 3.4: the browser's secret and both public keys go into the input of RFC 8188's derivation.
    info = b"WebPush: info\0" + p256dh + own
    key_material = HKDF(hashes.SHA256(), 32, auth, info).derive(secret)
    extracted = _extract(salt, key_material)
    content_key = HKDFExpand(hashes.SHA256(), 16, b"Content-Encoding: aes128gcm\0").derive(extracted)
    nonce = HKDFExpand(hashes.SHA256(), 12, b"Content-Encoding: nonce\0").derive(extracted)
    header = salt + RECORD_BYTES.to_bytes(4) + bytes([len(own)]) + own
    return header + AESGCM(content_key).encrypt(nonce, message + LAST_RECORD, None)


def _extract(salt: bytes, key_material: bytes) -> bytes:
    """HKDF-Extract (RFC 5869 section 2.2)."""
    mac = hmac.HMAC(salt, hashes.SHA256())
    mac.update(key_material)
    return mac.finalize()
