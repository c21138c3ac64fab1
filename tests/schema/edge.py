"""The GraphQL endpoint on a real socket, in the test's own event loop, and a client that speaks to it."""

import asyncio
import json
import secrets
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import websockets
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from uvicorn import Config, Server
from websockets import Subprotocol
from websockets.asyncio.client import ClientConnection

from api.app import guarded
from api.persistence import tables
from api.persistence.columns import now
from api.unit_of_work import House
from schema.endpoint import graphql_routes

WAIT_SECONDS = 10.0
PASSWORD = "Nine-quiet-Lanterns"

Json = dict[str, Any]


@dataclass
class Edge:
    """people: keys of users by name; tokens: of those who spoke already.

    house: for what the test does itself, with a worker's eyes. served: what answers.
    """

    house: House
    served: House
    url: str
    http: httpx.AsyncClient
    people: dict[str, UUID]
    tokens: dict[str, str] = field(default_factory=dict)

    async def token(self, who: str) -> str:
        """Of a session that is simply there: hashing passwords takes its time, on purpose."""
        if who not in self.tokens:
            session = await self.session(who)
            self.tokens[who], _ = self.house.tokens.issue(self.people[who], session.key)
        return self.tokens[who]

    async def session(self, who: str) -> tables.Session:
        session = tables.Session(
            user_key=self.people[who], refresh_hash=secrets.token_hex(32), ends_at=now() + timedelta(hours=1)
        )
        async with self.house.unit_of_work() as uow:
            uow.session.add(session)
        return session

    async def post(
        self, query: str, variables: Json | None = None, who: str | None = None, **headers: str
    ) -> httpx.Response:
        if who is not None:
            headers["authorization"] = f"Bearer {await self.token(who)}"
        return await self.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)

    async def ask(self, query: str, variables: Json | None = None, who: str | None = None, **headers: str) -> Json:
        """The answer without what it cost."""
        answer: Json = (await self.post(query, variables, who, **headers)).json()
        answer.pop("extensions", None)
        return answer

    async def data(self, query: str, variables: Json | None = None, who: str | None = None) -> Json:
        """The data of an answer without errors."""
        answer = await self.ask(query, variables, who)
        assert "errors" not in answer, answer
        data: Json = answer["data"]
        return data

    @asynccontextmanager
    async def socket(self, who: str | None = None, init: Json | None = None) -> AsyncIterator["Socket"]:
        """An acknowledged graphql-transport-ws connection."""
        async with self.raw_socket() as socket:
            payload = init if init is not None else {}
            if who is not None:
                payload = {"Authorization": f"Bearer {await self.token(who)}"}
            await socket.send(type="connection_init", payload=payload)
            assert (await socket.receive())["type"] == "connection_ack"
            yield socket

    @asynccontextmanager
    async def raw_socket(self, protocol: str = "graphql-transport-ws", **headers: str) -> AsyncIterator["Socket"]:
        address = self.url.replace("http", "ws", 1) + "/graphql"
        protocols = [Subprotocol(protocol)]
        async with websockets.connect(address, subprotocols=protocols, additional_headers=headers) as connection:
            yield Socket(connection)


async def give_password(edge: Edge, who: str) -> Json:
    """An account for somebody who is there already; what they sign in with. Its password suffices."""
    async with edge.house.unit_of_work() as uow:
        user = await uow.session.get_one(tables.User, edge.people[who])
    subject = await edge.house.directory.register(user.email, PASSWORD, confirmed=True)
    async with edge.house.unit_of_work() as uow:
        user = await uow.session.get_one(tables.User, edge.people[who])
        user.subject, user.mfa_exempt = subject, True
    return {"email": user.email, "password": PASSWORD}


@dataclass
class Socket:
    connection: ClientConnection

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def receive(self) -> Json:
        message: Json = json.loads(await asyncio.wait_for(self.connection.recv(), WAIT_SECONDS))
        return message

    async def subscribe(self, query: str, variables: Json | None = None, id: str = "1") -> None:
        await self.send(type="subscribe", id=id, payload={"query": query, "variables": variables})

    async def event(self) -> Json:
        """The data of the next event."""
        message = await self.receive()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        (value,) = message["payload"]["data"].values()
        event: Json = value
        return event

    async def close_code(self) -> int | None:
        await asyncio.wait_for(self.connection.wait_closed(), WAIT_SECONDS)
        return self.connection.close_code


@asynccontextmanager
async def serve_edge(
    house: House,
    people: dict[str, UUID],
    routes: Sequence[BaseRoute] | None = None,
    served: House | None = None,
) -> AsyncIterator[Edge]:
    """routes: of the whole application, where GraphQL alone is not enough. served: what answers, else the house."""
    answering = served or house
    # With its protocol named: else asyncio leaves Nagle's algorithm on, and the half of each answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    inner = Starlette(routes=graphql_routes(answering) if routes is None else routes)
    app = guarded(inner, house.settings, lambda scope: answering)
    server = Server(
        Config(app, log_level="warning", lifespan="off", ws="websockets-sansio", timeout_graceful_shutdown=1)
    )
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn sets a plain attribute
            await asyncio.sleep(0.005)
        async with httpx.AsyncClient(base_url=url, timeout=WAIT_SECONDS) as client:
            yield Edge(house, answering, url, client, people)
    finally:
        server.should_exit = True
        await task
        listener.close()
