"""`schema/schema.graphql` is what the code says."""

from graphql import build_schema

from schema import EXPORTED, export_schema


def test_the_checked_in_schema_is_what_the_code_exports() -> None:
    assert EXPORTED.read_text(encoding="utf-8") == export_schema(), "run: python -m schema"


def test_every_type_of_the_exported_schema_is_reachable_as_text() -> None:
    exported = build_schema(EXPORTED.read_text(encoding="utf-8"))

    assert exported.query_type is not None
    assert exported.mutation_type is not None
    assert exported.subscription_type is not None
