"""FHIR's data types, as JSON: codes, amounts, moments, references and narratives."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from typing import Any
from uuid import UUID

from api.reports.codes import SCHEMES, Code

Json = dict[str, Any]


def without_nothing(values: Mapping[str, Any]) -> Json:
    """FHIR has no empty values: what is None, empty text or an empty list is left out."""
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def coded(code: Code) -> Json:
    return {"coding": [{"system": SCHEMES[code.scheme], "code": code.value, "display": code.meaning}]}


def amount(value: float, unit: Code) -> Json:
    return {"value": round(value, 2), "unit": unit.value, "system": SCHEMES[unit.scheme], "code": unit.value}


def moment(at: datetime) -> str:
    """An instant: it has a time zone."""
    return at.isoformat(timespec="seconds")


def reference(key: UUID, display: str | None = None) -> Json:
    """To a resource of the same bundle, by its full URL."""
    return without_nothing({"reference": f"urn:uuid:{key}", "display": display})


def narrative(lines: Iterable[str]) -> Json:
    """What a person reads where the rest is not understood (FHIR R4 section 2.4.5)."""
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{paragraphs}</div>'}
