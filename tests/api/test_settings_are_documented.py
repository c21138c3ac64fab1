"""docs/using.md lists every setting with its default, and no other."""

import re
from pathlib import Path
from typing import Any

import pytest

from api.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "using.md"
ROW = re.compile(r"^\|\s*`(HILUM_[A-Z_]+)`\s*\|(.*)$", re.MULTILINE)


def rows() -> dict[str, str]:
    return dict(ROW.findall(PAGE.read_text()))


def written(default: Any) -> set[str]:
    """The ways in which the page may write a default."""
    if default is None:
        return set()
    if isinstance(default, bool):
        return {str(default).lower()}
    if isinstance(default, int | float):
        return {f"{default:g}", f"{default}", f"{default:,}"}
    return {str(default)}


def test_every_setting_is_in_the_table_and_nothing_else() -> None:
    assert sorted(rows()) == sorted(f"HILUM_{name.upper()}" for name in Settings.model_fields)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_the_table_says_what_a_setting_does_and_its_default(name: str) -> None:
    field = Settings.model_fields[name]

    row = rows()[f"HILUM_{name.upper()}"]

    assert field.description
    assert len(row) > 20
    assert not written(field.default) or any(f"`{text}`" in row for text in written(field.default))
