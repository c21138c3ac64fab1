"""Write schema/schema.graphql afresh."""

from schema import EXPORTED, export_schema

EXPORTED.write_text(export_schema(), encoding="utf-8")
