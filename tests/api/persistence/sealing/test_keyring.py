"""Sealed and blind values in memory."""

from uuid import uuid4

import pytest

from api.errors import KeysOutOfDate
from api.persistence.sealing.keyring import Keyring, SealBroken, now, number_of

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
PLACE = "patients.name"


@pytest.fixture
def ring() -> Keyring:
    ring = Keyring()
    ring.turn({1: KEY}, 1)
    ring.take_secret(b"s" * 32)
    return ring


@pytest.mark.parametrize("content", [b"", b"x", b"Doe^Jane", bytes(31), bytes(32), bytes(33), b"\x80", b"\x80\0" * 50])
def test_what_is_sealed_opens_to_the_same(ring: Keyring, content: bytes) -> None:
    sealed = ring.seal(PLACE, content)

    assert ring.open(PLACE, sealed) == content
    assert not content or len(content) < 4 or content not in sealed


def test_the_same_text_is_never_sealed_the_same(ring: Keyring) -> None:
    assert len({ring.seal(PLACE, b"Doe^Jane") for _ in range(100)}) == 100


def test_short_texts_are_of_one_length(ring: Keyring) -> None:
    sizes = {len(ring.seal(PLACE, bytes(size))) for size in range(32)}

    assert sizes == {1 + 4 + 12 + 32 + 16}


def test_a_value_that_was_altered_or_moved_does_not_open(ring: Keyring) -> None:
    sealed = ring.seal(PLACE, b"Doe^Jane")

    with pytest.raises(SealBroken, match=r"patients\.sex"):
        ring.open("patients.sex", sealed)
    for at in range(len(sealed)):
        with pytest.raises(SealBroken):
            ring.open(PLACE, sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :])
    for cut in (b"", sealed[:-1], sealed[:40], sealed + b"\0"):
        with pytest.raises(SealBroken):
            ring.open(PLACE, cut)


def test_what_another_key_sealed_names_the_key_that_is_missing(ring: Keyring) -> None:
    other = Keyring()
    other.turn({7: OTHER}, 7)
    sealed = other.seal(PLACE, b"Doe^Jane")

    with pytest.raises(SealBroken, match="data key 7"):
        ring.open(PLACE, sealed)


def test_a_new_key_seals_and_the_old_one_still_opens(ring: Keyring) -> None:
    old = ring.seal(PLACE, b"old")

    ring.turn({1: KEY, 2: OTHER}, 2)
    new = ring.seal(PLACE, b"new")

    assert (number_of(old), number_of(new)) == (1, 2)
    assert (ring.open(PLACE, old), ring.open(PLACE, new)) == (b"old", b"new")


def test_a_key_that_is_gone_opens_what_was_just_read_and_no_longer(ring: Keyring) -> None:
    old = ring.seal(PLACE, b"old")

    ring.turn({2: OTHER}, 2)
    once_more = ring.open(PLACE, old)
    ring.turn({2: OTHER}, 2)

    assert once_more == b"old"
    with pytest.raises(SealBroken):
        ring.open(PLACE, old)


def test_a_ring_that_nobody_turns_seals_no_more_but_opens() -> None:
    ring = Keyring(lease=10)
    ring.turn({1: KEY}, 1)
    sealed = ring.seal(PLACE, b"Doe^Jane")

    ring.turn({1: KEY}, 1, since=now() - 11)

    with pytest.raises(KeysOutOfDate):
        ring.seal(PLACE, b"Doe^Jane")
    assert ring.open(PLACE, sealed) == b"Doe^Jane"


def test_blind_values_are_alike_within_their_column_and_scope_only(ring: Keyring) -> None:
    one, two = uuid4(), uuid4()

    assert ring.blind(PLACE, one, "a") == ring.blind(PLACE, one, "a")
    assert ring.term(PLACE, one, "a") == ring.term(PLACE, one, "a")
    different = [
        ring.blind(PLACE, one, "a"),
        ring.blind(PLACE, two, "a"),
        ring.blind(PLACE, None, "a"),
        ring.blind("cases.title", one, "a"),
        ring.blind(PLACE, one, "b"),
        *(ring.blind(PLACE, one, *texts) for texts in (("ab", "c"), ("a", "bc"), ("a", None), ("a", ""), (None, "a"))),
    ]
    assert len(set(different)) == len(different)
    assert ring.term(PLACE, one, "a") != ring.term(PLACE, two, "a")


def test_blind_values_of_another_secret_differ(ring: Keyring) -> None:
    scope = uuid4()
    before = ring.blind(PLACE, scope, "a")

    ring.take_secret(b"t" * 32)

    assert ring.blind(PLACE, scope, "a") != before
