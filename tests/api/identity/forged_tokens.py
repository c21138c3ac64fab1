"""Tokens for attacks: made by hand, since no honest library would sign them."""

import base64
import hashlib
import hmac
import json
import time
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Test"
CLIENT = "client1"
SUBJECT = "0b0f2bd2-0000-4000-8000-000000000001"


def key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    return _made(name, bits)


@cache
def _made(name: str, bits: int) -> rsa.RSAPrivateKey:
    """Once: each takes a tenth of a second."""
    return rsa.generate_private_key(65537, bits)


def jwk(name: str, bits: int = 2048, **changed: Any) -> dict[str, Any]:
    public = RSAAlgorithm.to_jwk(key(name, bits).public_key(), as_dict=True)
    return {"kty": "RSA", "n": public["n"], "e": public["e"], "alg": "RS256", "use": "sig", "kid": name, **changed}


def jwks(*entries: Any) -> bytes:
    return json.dumps({"keys": list(entries)}).encode()


def access_claims(**changed: Any) -> dict[str, Any]:
    """A token of the pool as it should be; None takes a claim out."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "client_id": CLIENT,
        "token_use": "access",
        "sub": SUBJECT,
        "username": SUBJECT,
        "iat": now,
        "exp": now + 3600,
        **changed,
    }
    return {name: value for name, value in claims.items() if value is not None}


def id_claims(**changed: Any) -> dict[str, Any]:
    return access_claims(
        **{
            "client_id": None,
            "username": None,
            "aud": CLIENT,
            "token_use": "id",
            "cognito:username": SUBJECT,
            **changed,
        }
    )


def part(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def signed(claims: Any, signer: str = "first", header: Any = None, **in_header: Any) -> str:
    """RS256 by the key of that name, whatever the header says. header: in its place, also as bytes."""
    header = {"alg": "RS256", "typ": "JWT", "kid": signer, **in_header} if header is None else header
    text = f"{part(header)}.{part(claims)}"
    signature = key(signer).sign(text.encode(), padding.PKCS1v15(), SHA256())
    return f"{text}.{part(signature)}"


def unsigned(claims: Any, algorithm: str = "none") -> str:
    return f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': 'first'})}.{part(claims)}."


def signed_by_public_key(claims: Any, secret: bytes) -> str:
    """HS256 with what everybody may know as its secret."""
    text = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'first'})}.{part(claims)}"
    return f"{text}.{part(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def public_key_forms() -> dict[str, bytes]:
    public = key("first").public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    entry = jwk("first")
    return {
        "PEM": pem,
        "PEM without its last line break": pem.rstrip(),
        "PKCS 1": public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        "DER": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "JWK": json.dumps(entry).encode(),
        "JWK, compact": json.dumps(entry, separators=(",", ":")).encode(),
        "JWK Set": jwks(entry),
        "modulus": entry["n"].encode(),
        "nothing": b"",
    }
