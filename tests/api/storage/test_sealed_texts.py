"""Short secrets in the database open for what they were sealed for, and for nothing else."""

from pathlib import Path

import pytest

from api.storage.data_keys import KeyUnwrapFailed
from api.storage.local_keys import LocalKeys
from api.storage.sealed_texts import SealedTexts

PURPOSE = {"purpose": "totp", "subject": "a"}


@pytest.fixture
def seals(tmp_path: Path) -> SealedTexts:
    return SealedTexts(LocalKeys(tmp_path / "master.key"))


async def test_a_text_comes_back_and_does_not_show(seals: SealedTexts) -> None:
    sealed = await seals.seal("a sécret", PURPOSE)

    assert await seals.open(sealed, PURPOSE) == "a sécret"
    assert "a sécret".encode() not in sealed
    assert sealed != await seals.seal("a sécret", PURPOSE)


async def test_it_opens_for_no_other_purpose(seals: SealedTexts) -> None:
    sealed = await seals.seal("secret", PURPOSE)

    for other in ({}, {"purpose": "totp"}, {**PURPOSE, "subject": "b"}):
        with pytest.raises(KeyUnwrapFailed):
            await seals.open(sealed, other)


async def test_an_altered_or_cut_one_does_not_open(seals: SealedTexts) -> None:
    sealed = await seals.seal("secret", PURPOSE)

    for at in range(len(sealed)):
        with pytest.raises(KeyUnwrapFailed):
            await seals.open(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], PURPOSE)
    for cut in range(len(sealed)):
        with pytest.raises(KeyUnwrapFailed):
            await seals.open(sealed[:cut], PURPOSE)
