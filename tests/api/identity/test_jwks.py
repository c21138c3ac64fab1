"""Keys of an issuer: kept, renewed, and had from an address that misbehaves."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from api.errors import Unavailable
from api.identity.jwks import KeySet, UnreadableKeys, read_keys
from tests.api.identity.forged_tokens import jwk, jwks, key
from tests.cognito.jwks_server import JwksServer

PATH = "/keys"
SECONDS, PAUSE, OUTAGE = 3600, 10, 7200


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def address() -> Iterator[JwksServer]:
    with JwksServer({PATH: jwks(jwk("first"))}) as server:
        yield server


@asynccontextmanager
async def opened(
    address: JwksServer, clock: Callable[[], float], *, deadline: float = 5, largest: int = 65_536
) -> AsyncIterator[KeySet]:
    keys = KeySet(
        address.url(PATH),
        seconds=SECONDS,
        pause=PAUSE,
        outage=OUTAGE,
        deadline=deadline,
        largest=largest,
        clock=clock,
    )
    try:
        yield keys
    finally:
        await keys.close()


async def test_keys_are_asked_for_once_and_kept(address: JwksServer, clock: Clock) -> None:
    async with opened(address, clock) as keys:
        found = [await keys.find("first") for _ in range(5)]

    assert all(one and one.public_numbers() == key("first").public_key().public_numbers() for one in found)
    assert address.asked[PATH] == 1


async def test_made_up_names_do_not_make_us_ask_again_and_again(address: JwksServer, clock: Clock) -> None:
    async with opened(address, clock) as keys:
        await keys.find("first")
        for at in range(50):
            clock.now = at
            assert await keys.find(f"made-up-{at}") is None

    assert address.asked[PATH] == 5  # at 0, 10, 20, 30 and 40 s


async def test_a_new_key_is_found_and_the_old_one_stays_until_the_set_is_renewed(
    address: JwksServer, clock: Clock
) -> None:
    async with opened(address, clock) as keys:
        await keys.find("first")
        address.served[PATH] = jwks(jwk("second"))
        clock.now = PAUSE

        assert await keys.find("second") is not None
        assert await keys.find("first") is not None
        clock.now = SECONDS
        assert await keys.find("first") is None
        assert await keys.find("second") is not None


async def test_keys_are_served_from_memory_while_the_address_is_away(address: JwksServer, clock: Clock) -> None:
    async with opened(address, clock) as keys:
        await keys.find("first")
        address.status = 503

        for clock.now in (SECONDS, SECONDS + PAUSE, SECONDS + OUTAGE):
            assert await keys.find("first") is not None
        clock.now = SECONDS + OUTAGE + 1
        with pytest.raises(Unavailable) as refusal:
            await keys.find("first")
        address.status, clock.now = 200, SECONDS + OUTAGE + 1 + PAUSE
        assert await keys.find("first") is not None

    assert refusal.value.retry_after == PAUSE


async def test_many_who_come_at_once_cause_one_request(address: JwksServer, clock: Clock) -> None:
    address.wait = 0.1
    async with opened(address, clock) as keys:
        found = await asyncio.gather(*(keys.find("first") for _ in range(50)))

    assert None not in found
    assert address.asked[PATH] == 1


async def test_who_leaves_while_keys_are_asked_for_spoils_it_for_nobody(address: JwksServer, clock: Clock) -> None:
    address.wait = 0.2
    async with opened(address, clock) as keys:
        leaving = asyncio.create_task(keys.find("first"))
        staying = asyncio.create_task(keys.find("first"))
        await asyncio.sleep(0.05)
        leaving.cancel()

        assert await staying is not None

    assert leaving.cancelled()
    assert address.asked[PATH] == 1


async def test_a_slow_address_is_given_up_in_time(address: JwksServer, clock: Clock) -> None:
    """A byte now and then keeps a socket busy, but not us."""
    address.drip = 0.05
    began = time.monotonic()
    async with opened(address, clock, deadline=0.3) as keys:
        with pytest.raises(Unavailable):
            await keys.find("first")

    assert time.monotonic() - began < 2


RUBBISH: dict[str, bytes] = {
    "nothing": b"",
    "a page": b"<html>Sign in to the hotel's network</html>",
    "null": b"null",
    "a list": b"[]",
    "no keys": b'{"keys": []}',
    "keys in words": b'{"keys": "first"}',
    "keys of keys": b'{"keys": {"first": {}}}',
    "deep": b"[" * 50_000,
    "bytes": bytes(range(256)),
    "numbers": b'{"keys": [1, null, "x", []]}',
    "too many": jwks(*({"kid": str(at)} for at in range(100))),
}


@pytest.mark.parametrize("rubbish", RUBBISH)
async def test_rubbish_is_no_set_of_keys(address: JwksServer, clock: Clock, rubbish: str) -> None:
    async with opened(address, clock) as keys:
        await keys.find("first")
        address.served[PATH] = RUBBISH[rubbish]
        clock.now = SECONDS

        assert await keys.find("first") is not None  # what we have stays

    assert address.asked[PATH] == 2


async def test_a_huge_answer_is_not_read_to_its_end(address: JwksServer, clock: Clock) -> None:
    address.served[PATH] = jwks(jwk("first"), {"kty": "oct", "k": "x" * 200_000})
    async with opened(address, clock) as keys:
        with pytest.raises(Unavailable):
            await keys.find("first")


@pytest.mark.parametrize("status", [301, 302, 307, 401, 404, 500])
async def test_only_a_plain_answer_counts(address: JwksServer, clock: Clock, status: int) -> None:
    """Whoever could send us elsewhere could send us to keys of their own."""
    address.served["/elsewhere"] = jwks(jwk("first"))
    address.status = status
    async with opened(address, clock) as keys:
        with pytest.raises(Unavailable):
            await keys.find("first")

    assert set(address.asked) == {PATH}


async def test_nobody_at_the_address(address: JwksServer, clock: Clock) -> None:
    async with opened(address, clock) as keys:
        address.__exit__()

        with pytest.raises(Unavailable):
            await keys.find("first")

        address.__enter__()


UNUSABLE: dict[str, dict[str, Any]] = {
    "a secret": {"kty": "oct", "k": "c2VjcmV0", "kid": "first"},
    "for encryption": jwk("first", use="enc"),
    "for another algorithm": jwk("first", alg="RS512"),
    "without name": jwk("first", kid=None),
    "with a number as name": jwk("first", kid=7),
    "with an endless name": jwk("first", kid="x" * 300),
    "without modulus": jwk("first", n=None),
    "with a broken modulus": jwk("first", n="!!"),
    "with an even modulus": jwk("first", n="AAAA"),
    "too short": jwk("short", 1024, kid="first"),
}


@pytest.mark.parametrize("unusable", UNUSABLE)
def test_a_key_that_cannot_check_signatures_is_passed_over(unusable: str) -> None:
    assert list(read_keys(jwks(UNUSABLE[unusable], jwk("second")))) == ["second"]
    with pytest.raises(UnreadableKeys):
        read_keys(jwks(UNUSABLE[unusable]))


def test_a_name_that_two_keys_have_is_nobodys() -> None:
    same = read_keys(jwks(jwk("first"), jwk("first")))
    different = read_keys(jwks(jwk("first"), jwk("second", kid="first"), jwk("third")))

    assert list(same) == ["first"]
    assert list(different) == ["third"]


def test_a_private_key_that_slipped_into_the_set_is_read_as_a_public_one() -> None:
    numbers = key("first").private_numbers()
    content = jwks(jwk("first", d=str(numbers.d), p=str(numbers.p)))

    found = read_keys(content)["first"]

    assert json.loads(content)["keys"][0]["d"]
    assert not hasattr(found, "sign")
