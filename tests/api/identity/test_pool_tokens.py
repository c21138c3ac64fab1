"""Attacks on the verifier of a user pool's tokens (RFC 8725), against real keys at a real address."""

import base64
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from api.errors import Unavailable
from api.identity.jwks import KeySet
from api.identity.pool_tokens import PoolClaims, PoolTokens, UntrustedToken
from tests.api.identity.forged_tokens import (
    CLIENT,
    ISSUER,
    SUBJECT,
    access_claims,
    id_claims,
    jwk,
    jwks,
    key,
    part,
    public_key_forms,
    signed,
    signed_by_public_key,
    unsigned,
)
from tests.cognito.jwks_server import JwksServer

PATH = "/keys"
SKEW = 30


@pytest.fixture
def address() -> Iterator[JwksServer]:
    with JwksServer({PATH: jwks(jwk("first"), jwk("second"))}) as server:
        yield server


@pytest.fixture
async def tokens(address: JwksServer) -> AsyncIterator[PoolTokens]:
    keys = KeySet(address.url(PATH), seconds=60, pause=0.0, outage=60, deadline=5, largest=65_536)
    opened = PoolTokens(keys, issuer=ISSUER, client_id=CLIENT, skew=SKEW)
    yield opened
    await opened.close()


async def test_tokens_of_the_pool_say_who_somebody_is(tokens: PoolTokens) -> None:
    assert await tokens.verify(signed(access_claims()), "access") == PoolClaims(SUBJECT, SUBJECT)
    assert await tokens.verify(signed(id_claims(), "second"), "id") == PoolClaims(SUBJECT, SUBJECT)
    assert (await tokens.verify(signed(access_claims(username="anna")), "access")).username == "anna"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
async def test_a_token_without_signature_is_refused(tokens: PoolTokens, algorithm: str) -> None:
    with pytest.raises(UntrustedToken, match=r"algorithm|no token"):
        await tokens.verify(unsigned(access_claims(), algorithm), "access")


@pytest.mark.parametrize("form", public_key_forms())
async def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(tokens: PoolTokens, form: str) -> None:
    token = signed_by_public_key(access_claims(), public_key_forms()[form])

    with pytest.raises(UntrustedToken, match="another algorithm"):
        await tokens.verify(token, "access")


@pytest.mark.parametrize(
    "algorithm", ["HS256", "RS384", "RS512", "PS256", "ES256", "EdDSA", "rs256", "RS256 ", None, 1]
)
async def test_the_algorithm_is_ours_to_choose(tokens: PoolTokens, algorithm: Any) -> None:
    """The signature is a right one of RS256 all the same."""
    with pytest.raises(UntrustedToken, match=r"another algorithm|no token"):
        await tokens.verify(signed(access_claims(), alg=algorithm), "access")


async def test_another_pools_key_is_refused_under_its_own_name_and_under_ours(tokens: PoolTokens) -> None:
    for token in (signed(access_claims(), "foreign"), signed(access_claims(), "foreign", kid="first")):
        with pytest.raises(UntrustedToken):
            await tokens.verify(token, "access")


async def test_a_key_of_the_pool_does_not_sign_under_the_name_of_another(tokens: PoolTokens) -> None:
    with pytest.raises(UntrustedToken, match="InvalidSignatureError"):
        await tokens.verify(signed(access_claims(), "second", kid="first"), "access")


WRONG_CLAIMS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": ISSUER.replace("_Test", "_Other")},
    "issuer with a slash": {"iss": ISSUER + "/"},
    "issuer that begins alike": {"iss": ISSUER + ".attacker.example"},
    "issuers": {"iss": [ISSUER]},
    "no issuer": {"iss": None},
    "another client": {"client_id": "client2"},
    "client that begins alike": {"client_id": CLIENT + "0"},
    "clients": {"client_id": [CLIENT]},
    "client named as audience only": {"client_id": None, "aud": CLIENT},
    "another use": {"token_use": "refresh"},
    "no use": {"token_use": None},
    "uses": {"token_use": ["access"]},
    "no subject": {"sub": None},
    "empty subject": {"sub": ""},
    "number as subject": {"sub": 7},
    "subjects": {"sub": [SUBJECT]},
    "no end": {"exp": None},
    "end in words": {"exp": "never"},
    "endless": {"exp": 1e400},
    "not a number": {"exp": float("nan")},
    "no beginning": {"iat": None},
    "beginning in words": {"iat": "yesterday"},
}


@pytest.mark.parametrize("wrong", WRONG_CLAIMS)
async def test_a_signed_token_with_wrong_claims_is_refused(tokens: PoolTokens, wrong: str) -> None:
    with pytest.raises(UntrustedToken) as refusal:
        await tokens.verify(signed(access_claims(**WRONG_CLAIMS[wrong])), "access")

    assert str(refusal.value) != "InvalidSignatureError"


@pytest.mark.parametrize(
    ("claim", "seconds"),
    [("exp", -SKEW - 5), ("exp", -86_400), ("nbf", SKEW + 5), ("nbf", 86_400), ("iat", SKEW + 5)],
)
async def test_a_token_out_of_its_time_is_refused(tokens: PoolTokens, claim: str, seconds: int) -> None:
    with pytest.raises(UntrustedToken, match=r"Expired|Immature"):
        await tokens.verify(signed(access_claims(**{claim: int(time.time()) + seconds})), "access")


@pytest.mark.parametrize(("claim", "seconds"), [("exp", -SKEW + 5), ("nbf", SKEW - 5), ("iat", SKEW - 5)])
async def test_clocks_may_differ_a_little(tokens: PoolTokens, claim: str, seconds: int) -> None:
    token = signed(access_claims(**{claim: int(time.time()) + seconds}))

    assert (await tokens.verify(token, "access")).subject == SUBJECT


async def test_an_id_token_is_no_access_token_and_the_reverse(tokens: PoolTokens) -> None:
    both = {"client_id": CLIENT, "aud": CLIENT}
    for claims, use in (
        (id_claims(), "access"),
        (access_claims(), "id"),
        (id_claims(**both), "access"),
        (access_claims(**both), "id"),
        (id_claims(aud=[CLIENT, "other"]), "id"),
        (id_claims(aud="client2"), "id"),
    ):
        with pytest.raises(UntrustedToken, match=r"another use|another client|MissingRequiredClaim"):
            await tokens.verify(signed(claims), "id" if use == "id" else "access")


@pytest.mark.parametrize(
    "name",
    [
        *("../../../../dev/null", "file:///dev/null", "/etc/passwd", "first\0", "first\n", " first", "first ", ""),
        *("http://127.0.0.1:9/keys", "' or '1'='1", "first'; --", "*", "a" * 257, "a" * 8000),
        *(None, 1, True, ["first"], {"kid": "first"}),
    ],
)
async def test_what_is_no_name_of_a_key_leads_nowhere(tokens: PoolTokens, address: JwksServer, name: Any) -> None:
    with pytest.raises(UntrustedToken):
        await tokens.verify(signed(access_claims(), kid=name), "access")

    assert set(address.asked) <= {PATH}


async def test_a_token_that_names_no_key_is_refused(tokens: PoolTokens) -> None:
    with pytest.raises(UntrustedToken, match="names no key"):
        await tokens.verify(signed(access_claims(), header={"alg": "RS256"}), "access")


async def test_keys_that_a_token_brings_along_are_ignored(tokens: PoolTokens, address: JwksServer) -> None:
    address.served["/evil"] = jwks(jwk("foreign", kid="first"), jwk("foreign"))
    brought: dict[str, Any] = {
        "jku": address.url("/evil"),
        "x5u": address.url("/evil"),
        "jwk": jwk("foreign"),
        "x5c": [base64.b64encode(b"certificate").decode()],
    }

    for name in ("first", "foreign"):
        with pytest.raises(UntrustedToken):
            await tokens.verify(signed(access_claims(), "foreign", kid=name, **brought), "access")
    honest = await tokens.verify(signed(access_claims(), **brought), "access")

    assert honest.subject == SUBJECT
    assert "/evil" not in address.asked


async def test_extensions_that_must_be_understood_are_refused(tokens: PoolTokens) -> None:
    for crit in (["exp"], ["b64"], [], "exp"):
        with pytest.raises(UntrustedToken, match=r"extensions|no token"):
            await tokens.verify(signed(access_claims(), crit=crit, b64=False), "access")


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"RS256","kid":"first","alg":"none"}',
        b'{"alg":"none","kid":"first","alg":"HS256"}',
        b'{"alg":"RS256","kid":"first","kid":"foreign"}',
    ],
)
async def test_a_header_that_says_two_things_is_refused(tokens: PoolTokens, header: bytes) -> None:
    with pytest.raises(UntrustedToken):
        await tokens.verify(signed(access_claims(), header=header), "access")


async def test_an_altered_token_is_refused(tokens: PoolTokens) -> None:
    token = signed(access_claims())
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    altered = [
        f"{head}.{part({**claims, 'sub': 'somebody-else'})}.{signature}",
        f"{head}.{body}.{signature[:-4]}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{part({'alg': 'RS256', 'kid': 'second'})}.{body}.{signature}",
        f"{head}.{body}.{'A' * len(signature)}",
        f"{head}..{signature}",
    ]

    for forged in altered:
        with pytest.raises(UntrustedToken):
            await tokens.verify(forged, "access")
    assert (await tokens.verify(token, "access")).subject == SUBJECT


@pytest.mark.parametrize(
    "rubbish",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "\ud800.a.b",
        "é.é.é",
        "a" * 20_000,
        part(b"[" * 9000) + ".e30.",
        "Bearer x",
        "null",
    ],
)
async def test_what_is_no_token_at_all_is_refused(tokens: PoolTokens, rubbish: str) -> None:
    with pytest.raises(UntrustedToken):
        await tokens.verify(rubbish, "access")


async def test_signed_claims_that_are_no_claims_are_refused(tokens: PoolTokens) -> None:
    for claims in (b"[]", b"null", b'"text"', b"\xff", b"", b"[" * 9000, b'{"exp":' + b"9" * 5000 + b"}"):
        with pytest.raises(UntrustedToken):
            await tokens.verify(signed(claims), "access")


async def test_a_huge_token_is_refused_before_anything_is_asked(tokens: PoolTokens, address: JwksServer) -> None:
    with pytest.raises(UntrustedToken, match="no token"):
        await tokens.verify(signed(access_claims(padding="x" * 20_000)), "access")

    assert not address.asked


async def test_a_refusal_repeats_nothing_of_the_token(tokens: PoolTokens) -> None:
    for token in (signed(access_claims(sub="secret-subject"), "foreign"), signed(access_claims(iss="secret-issuer"))):
        with pytest.raises(UntrustedToken) as refusal:
            await tokens.verify(token, "access")
        assert "secret" not in str(refusal.value)
        assert refusal.value.__cause__ is None


async def test_a_key_that_came_later_is_found(tokens: PoolTokens, address: JwksServer) -> None:
    await tokens.verify(signed(access_claims()), "access")
    address.served[PATH] = jwks(jwk("third"), jwk("first"))

    rotated = await tokens.verify(signed(access_claims(), "third"), "access")

    assert rotated.subject == SUBJECT
    assert address.asked[PATH] == 2


async def test_without_keys_nobody_is_believed_and_nobody_is_called_a_forger(address: JwksServer) -> None:
    address.served.clear()
    keys = KeySet(address.url(PATH), seconds=60, pause=0.0, outage=60, deadline=5, largest=65_536)
    tokens = PoolTokens(keys, issuer=ISSUER, client_id=CLIENT, skew=SKEW)

    with pytest.raises(Unavailable):
        await tokens.verify(signed(access_claims()), "access")

    await tokens.close()


def test_the_keys_of_these_tests_differ() -> None:
    assert len({key(name).public_key().public_numbers().n for name in ("first", "second", "third", "foreign")}) == 4
