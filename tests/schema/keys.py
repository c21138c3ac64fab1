"""Speaking with API keys over the edge: what the tests of them share."""

import asyncio
import json
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import update
from sqlmodel import col

from api.permissions import Role, Scope
from api.persistence import tables
from tests.applications import make_key
from tests.schema.edge import Edge, Json
from tests.schema.rows import Rows

KEY = "id name prefix scopes createdAt lastUsedAt expiresAt revokedAt user { displayName email role }"
CREATE = f"""mutation($i: CreateApiKeyInput!) {{ createApiKey(input: $i) {{
  apiKey {{ {KEY} }} secret errors {{ code message field }} }} }}"""
REVOKE = """mutation($id: ID!) { revokeApiKey(input: {apiKeyId: $id}) {
  apiKey { id revokedAt } errors { code message field } } }"""
LIST = f"{{ administration {{ apiKeys {{ {KEY} }} }} }}"
NODE = f"query($id: ID!) {{ node(id: $id) {{ ... on ApiKey {{ {KEY} }} }} }}"
VIEWER = "{ viewer { user { displayName role email } organization { name } } }"
EVERYTHING = [scope.value for scope in Scope]


async def create(edge: Edge, who: str = "administrator", **given: Any) -> Json:
    asked = {"name": "Partner app", "scopes": EVERYTHING, **given}
    payload: Json = (await edge.data(CREATE, {"i": asked}, who))["createApiKey"]
    return payload


async def application(edge: Edge, rows: Rows, *scopes: Scope) -> tables.ApiKey:
    """The edge's `application` speaks with the key from now on."""
    made = await make_key(edge.house, rows.actor("administrator"), *scopes)
    edge.tokens["application"] = made.secret
    return made.row


def faults(payload: Json) -> list[tuple[str, str]]:
    return [(error["code"], ".".join(error["field"] or ())) for error in payload["errors"]]


async def add_other_administrator(edge: Edge, rows: Rows) -> str:
    """Of the other organization; their name at the edge."""
    other = tables.User(
        organization_key=rows.people["stranger"].organization_key,
        email="chief@other.example",
        display_name="Chief",
        role=Role.ADMINISTRATOR.value,
    )
    async with edge.house.unit_of_work() as uow:
        uow.session.add(other)
    edge.people["chief"] = other.key
    return "chief"


async def set_end(edge: Edge, key: UUID, at: Any) -> None:
    async with edge.house.unit_of_work() as uow:
        await uow.session.execute(update(tables.ApiKey).where(col(tables.ApiKey.key) == key).values(expires_at=at))


def streaming(edge: Edge, query: str, variables: Json) -> Any:
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {edge.tokens['application']}"}
    return edge.http.stream("POST", "/graphql", json={"query": query, "variables": variables}, headers=headers)


async def next_data(stream: httpx.Response) -> Json:
    """Of the next event; `closed` where the stream ended."""
    async for line in stream.aiter_lines():
        if line.startswith("data:") and line[5:].strip():
            message: Json = json.loads(line[5:])
            return message
    return {"closed": True}


async def close_code_of(edge: Edge, key: str) -> int | None:
    async with edge.raw_socket() as socket:
        await socket.send(type="connection_init", payload={"Authorization": f"Bearer {key}"})
        return await socket.close_code()


async def until_followed(edge: Edge, followers: int = 1) -> None:
    async with asyncio.timeout(5):
        while edge.house.hub.followers < followers:  # noqa: ASYNC110 - nobody tells when somebody follows
            await asyncio.sleep(0.01)
