"""What a case is called when nobody named it."""

from uuid import UUID

import pytest

from api.ingest.titles import default_title

KEY = UUID("4f1a0000-0000-4000-8000-000000000000")


@pytest.mark.parametrize(
    ("modality", "body_part", "expected"),
    [
        ("CT", "CHEST", "CT of the chest 4F1A"),
        ("CT", " chest ", "CT of the chest 4F1A"),
        ("MR", "BRAIN", "MR of the head 4F1A"),
        ("DX", "THORAX", "X-ray of the chest 4F1A"),
        ("CT", None, "CT 4F1A"),
        ("CT", "DOE JANE", "CT 4F1A"),
        ("OT", None, "Images 4F1A"),
        ("DOE", "CHEST", "Images of the chest 4F1A"),
    ],
)
def test_a_title_has_our_own_words_and_a_number(modality: str, body_part: str | None, expected: str) -> None:
    assert default_title(modality, body_part, KEY) == expected
