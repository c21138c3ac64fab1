"""The client's GraphQL documents against the schema that is checked in."""

from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from api.client import documents

ROOT = Path(__file__).parents[3]
DOCUMENTS = {name: text for name, text in vars(documents).items() if name.isupper()}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_is_valid(name: str) -> None:
    schema = build_schema((ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8"))

    assert validate(schema, parse(DOCUMENTS[name])) == []
