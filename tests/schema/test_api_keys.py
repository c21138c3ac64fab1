"""API keys of applications: an administrator makes them, sees them and revokes them; nobody keeps the secret."""

import asyncio
import json
import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlmodel import SQLModel

from api.permissions import Scope
from api.persistence import tables
from api.persistence.columns import now
from api.settings import Settings
from schema.node_ids import find_key, node_id
from tests.applications import make_key
from tests.people import limited
from tests.schema.edge import Edge, Json, serve_edge
from tests.schema.keys import (
    CREATE,
    EVERYTHING,
    LIST,
    NODE,
    REVOKE,
    VIEWER,
    add_other_administrator,
    application,
    create,
    faults,
    set_end,
)
from tests.schema.rows import Rows


@pytest.fixture
async def other_administrator(rows: Rows, edge: Edge) -> str:
    return await add_other_administrator(edge, rows)


async def test_an_administrator_makes_a_key_and_sees_its_secret_once(edge: Edge) -> None:
    payload = await create(edge, scopes=["CASES_WRITE", "CASES_READ", "CASES_READ"])
    key, secret = payload["apiKey"], payload["secret"]

    listed = await edge.ask(LIST, who="administrator")
    node = await edge.ask(NODE, {"id": key["id"]}, "administrator")

    assert payload["errors"] == []
    assert key["scopes"] == ["CASES_READ", "CASES_WRITE"]
    assert secret.startswith(f"{key['prefix']}_")
    assert key["user"] == {"displayName": "Partner app", "email": None, "role": "PARTNER"}
    assert listed["data"]["administration"]["apiKeys"] == [key]
    assert node["data"]["node"] == key
    assert secret not in json.dumps([listed, node])


async def test_a_key_without_an_end_gets_the_latest_that_is_allowed(edge: Edge) -> None:
    made = [await create(edge), await create(edge, expiresAt=None)]
    ends = [payload["apiKey"]["expiresAt"] for payload in made]

    limit = now() + timedelta(days=edge.house.settings.api_key_days)
    assert {end[:10] for end in ends} <= {(limit - timedelta(minutes=1)).isoformat()[:10], limit.isoformat()[:10]}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
        ({"expiresAt": "2999-01-01T00:00:00Z"}, "expiresAt"),
    ],
)
async def test_a_key_that_should_not_be_is_not_made(edge: Edge, given: Json, field: str) -> None:
    payload = await create(edge, **given)

    assert (payload["apiKey"], payload["secret"]) == (None, None)
    assert faults(payload) == [("INVALID", field)]


async def test_an_organization_has_so_many_keys_and_no_more_even_when_they_are_made_at_once(
    edge: Edge, rows: Rows
) -> None:
    house = limited(edge.house, api_keys=3)
    async with serve_edge(house, edge.people) as edge:
        made = await asyncio.gather(*(create(edge) for _ in range(6)))
        first = next(payload["apiKey"] for payload in made if payload["apiKey"])
        await edge.data(REVOKE, {"id": first["id"]}, "administrator")
        again = await create(edge)

    assert sorted(payload["secret"] is not None for payload in made) == [False] * 3 + [True] * 3
    assert {faults(payload)[0][0] for payload in made if payload["errors"]} == {"CONFLICT"}
    assert again["errors"] == []


@pytest.mark.parametrize("who", ["clinician", "patient", "application"])
async def test_nobody_else_makes_sees_or_revokes_keys(edge: Edge, rows: Rows, who: str) -> None:
    key = await application(edge, rows, *Scope)
    key_id = node_id("ApiKey", key.key)

    created = await create(edge, who)
    revoked = (await edge.data(REVOKE, {"id": key_id}, who))["revokeApiKey"]
    seen = await edge.data(NODE, {"id": key_id}, who)
    listed = await edge.data(LIST, who=who)

    assert (faults(created), created["secret"]) == ([("FORBIDDEN", "")], None)
    assert faults(revoked) == [("FORBIDDEN", "")]
    assert (seen, listed) == ({"node": None}, {"administration": None})
    assert await edge.data(VIEWER, who="application") != {"viewer": None}


async def test_whoever_is_signed_out_makes_no_key(edge: Edge) -> None:
    payload = (await edge.data(CREATE, {"i": {"name": "x", "scopes": EVERYTHING}}))["createApiKey"]

    assert faults(payload) == [("UNAUTHENTICATED", "")]


async def test_another_organization_neither_sees_nor_revokes_a_key(
    edge: Edge, rows: Rows, other_administrator: str
) -> None:
    key = await application(edge, rows, *Scope)
    key_id = node_id("ApiKey", key.key)
    nothing = [node_id("ApiKey", key.user_key), "nonsense"]

    seen = await edge.data(NODE, {"id": key_id}, other_administrator)
    listed = await edge.data(LIST, who=other_administrator)
    refusals = [(await edge.ask(REVOKE, {"id": id}, other_administrator)) for id in (key_id, *nothing)]

    assert (seen, listed) == ({"node": None}, {"administration": {"apiKeys": []}})
    assert faults(refusals[0]["data"]["revokeApiKey"]) == [("NOT_FOUND", "apiKeyId")]
    assert refusals[0] == refusals[1] == refusals[2]
    assert await edge.data(VIEWER, who="application") != {"viewer": None}


async def test_keys_that_ended_are_listed_after_those_in_force(edge: Edge, rows: Rows) -> None:
    async def make(name: str) -> tables.ApiKey:
        return (await make_key(edge.house, rows.actor("administrator"), Scope.CASES_READ, name=name)).row

    keys = [await make(name) for name in ("revoked first", "expired", "revoked last", "older", "newer")]
    await edge.data(REVOKE, {"id": node_id("ApiKey", keys[0].key)}, "administrator")
    await set_end(edge, keys[1].key, now() - timedelta(seconds=1))
    await edge.data(REVOKE, {"id": node_id("ApiKey", keys[2].key)}, "administrator")
    await set_end(edge, keys[0].key, now() + timedelta(days=1))

    listed = (await edge.data(LIST, who="administrator"))["administration"]["apiKeys"]

    assert [key["name"] for key in listed][:2] == ["newer", "older"]
    assert {key["name"] for key in listed[2:]} == {"revoked first", "expired", "revoked last"}


# what is kept


async def test_the_secret_is_nowhere_in_the_clear(edge: Edge, rows: Rows, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    payload = await create(edge)
    edge.tokens["application"] = secret = payload["secret"]
    await edge.data(VIEWER, who="application")
    await edge.ask("{ nonsense }", who="application")
    await edge.data(REVOKE, {"id": payload["apiKey"]["id"]}, "administrator")

    kept = await everything_kept(edge)

    assert payload["apiKey"]["prefix"].removeprefix("hilum_") in kept
    for part in (secret, secret[15:], secret[15:58]):
        assert part not in kept
        assert part not in caplog.text


async def test_making_and_revoking_is_recorded(edge: Edge) -> None:
    payload = await create(edge)
    await edge.data(REVOKE, {"id": payload["apiKey"]["id"]}, "administrator")

    key = find_key(payload["apiKey"]["id"], "ApiKey")
    async with edge.house.sessions() as session:
        entries = (await session.execute(select(tables.AuditEntry))).scalars().all()
    recorded = {(entry.action, entry.actor_key) for entry in entries if entry.subject_key == key}
    assert recorded == {(f"api_key:{act}", edge.people["administrator"]) for act in ("create", "revoke")}


async def test_use_is_noted_once_a_minute(edge: Edge, rows: Rows) -> None:
    key = await application(edge, rows, *Scope)

    async def used_at() -> Any:
        async with edge.house.sessions() as session:
            return (await session.get_one(tables.ApiKey, key.key)).last_used_at

    unused = await used_at()
    await asyncio.gather(*(edge.data(VIEWER, who="application") for _ in range(8)))
    first = await used_at()
    await edge.data(VIEWER, who="application")
    same = await used_at()
    async with edge.house.unit_of_work() as uow:
        earlier = now() - timedelta(seconds=61)
        await uow.session.execute(update(tables.ApiKey).values(last_used_at=earlier))
    await edge.data(VIEWER, who="application")

    assert unused is None
    assert first is not None
    assert same == first
    assert await used_at() > earlier


def test_keys_are_limited_by_default() -> None:
    settings = Settings()

    assert (settings.api_keys, settings.api_key_days) == (50, 366)


async def everything_kept(edge: Edge) -> str:
    """Every row of every table, as text."""
    found: list[str] = []
    async with edge.house.sessions() as session:
        for table in SQLModel.metadata.tables:
            rows: Iterable[str] = (await session.execute(text(f'select t::text from "{table}" t'))).scalars()
            found.extend(rows)
    return "\n".join(found)
