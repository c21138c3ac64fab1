"""A query has so much time and no more."""

import asyncio

import pytest

from api.inference.predictor import ModelDescription
from api.settings import Settings
from tests.schema.edge import Edge


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"query_seconds": 0.3})


async def test_a_query_that_takes_too_long_is_ended(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    async def dawdle(*arguments: object) -> list[ModelDescription]:
        await asyncio.sleep(30)
        return []

    monkeypatch.setattr(type(edge.house.predictor), "models", dawdle)

    answer = await edge.ask("{ models { id } }", who="clinician")

    assert answer["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}
    assert "longer than 0.3 seconds" in answer["errors"][0]["message"]
