"""What a user may meet is documented: commands, error codes, rejection codes, warnings."""

import re
from pathlib import Path

import pytest

from api.__main__ import parser
from api.errors import ErrorCode, RejectionCode

ROOT = Path(__file__).parents[1]
USING = (ROOT / "docs/using.md").read_text(encoding="utf-8")
WARNING_SOURCES = ["api/imaging", "api/inference", "api/ingest"]


def warning_codes() -> set[str]:
    """Upper-case codes that the code gives to warnings."""
    found: set[str] = set()
    for folder in WARNING_SOURCES:
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            found.update(re.findall(r"StackWarning\(\s*\"([A-Z_]+)\"", text))
            if path.name == "suitability.py":  # gives them as (code, message)
                found.update(re.findall(r"\(\s*\"([A-Z_]{4,})\",\s", text))
            found.update(re.findall(r"\"code\": \"([A-Z_]+)\"", text))
    return found


@pytest.mark.parametrize("code", [*ErrorCode, *RejectionCode])
def test_error_code_is_documented(code: str) -> None:
    assert f"| `{code}` |" in USING


def test_warnings_are_documented() -> None:
    codes = warning_codes()

    assert {"MISSING_SLICES", "SUPERSEDED", "THICK_SLICES"} <= codes
    assert {code for code in codes if f"| `{code}` |" not in USING} == set()


def test_commands_are_documented() -> None:
    commands = {name for action in parser()._actions if action.choices for name in action.choices}

    assert "serve" in commands
    assert {name for name in commands if f"| `{name}" not in USING} == set()


def test_links_in_documents_lead_somewhere() -> None:
    broken = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8"))
        if not (document.parent / target).exists()
    ]

    assert broken == []


def test_tests_that_the_page_on_security_names_are_there() -> None:
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`", page)

    gone = [
        f"{file}::{test}"
        for file, test in named
        if not (ROOT / file).is_file() or (test and f"def {test}(" not in (ROOT / file).read_text(encoding="utf-8"))
    ]

    assert len(named) > 20
    assert gone == []
