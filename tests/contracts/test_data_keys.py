"""What every `DataKeys` must do; each implementation is a line in `IMPLEMENTATIONS`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from api.storage.data_keys import DataKeys, KeyUnwrapFailed
from api.storage.encryption import MAX_WRAPPED
from api.storage.local_keys import LocalKeys

IMPLEMENTATIONS: dict[str, Callable[[Path], DataKeys]] = {
    "local": lambda folder: LocalKeys(folder / "keys" / "master.key"),
}
CONTEXT = {"object": "frames/a/1", "purpose": "pixels"}


@pytest.fixture(params=IMPLEMENTATIONS)
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> DataKeys:
    return IMPLEMENTATIONS[request.param](tmp_path)


async def test_wrapped_key_unwraps_to_the_same_key(keys: DataKeys) -> None:
    key = await keys.generate(CONTEXT)

    unwrapped = await keys.unwrap(key.wrapped, dict(reversed(CONTEXT.items())))

    assert unwrapped == key.plaintext
    assert len(unwrapped) == 32
    assert key.plaintext not in key.wrapped
    assert len(key.wrapped) <= MAX_WRAPPED


async def test_every_key_is_new(keys: DataKeys) -> None:
    made = [await keys.generate(CONTEXT) for _ in range(50)]

    assert len({key.plaintext for key in made}) == 50
    assert len({key.wrapped for key in made}) == 50


@pytest.mark.parametrize("other", [{}, {"object": "frames/a/1"}, {**CONTEXT, "object": "frames/a/2"}])
async def test_key_does_not_unwrap_for_anything_else(keys: DataKeys, other: dict[str, str]) -> None:
    key = await keys.generate(CONTEXT)

    with pytest.raises(KeyUnwrapFailed):
        await keys.unwrap(key.wrapped, other)


async def test_altered_wrapped_key_does_not_unwrap(keys: DataKeys) -> None:
    wrapped = (await keys.generate(CONTEXT)).wrapped

    for at in range(0, len(wrapped), 4):
        with pytest.raises(KeyUnwrapFailed):
            await keys.unwrap(wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :], CONTEXT)
    for cut in (b"", wrapped[:-1], wrapped + b"\0"):
        with pytest.raises(KeyUnwrapFailed):
            await keys.unwrap(cut, CONTEXT)


async def test_key_is_not_shown_when_it_is_printed(keys: DataKeys) -> None:
    key = await keys.generate(CONTEXT)

    assert repr(key.plaintext) not in repr(key)
