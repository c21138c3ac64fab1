"""A seat asks, over a real socket; what it was told, in one word and to the byte."""

import json
from dataclasses import dataclass
from typing import Any

import httpx
from graphql import GraphQLObjectType, GraphQLSchema, get_named_type, is_enum_type, is_object_type, is_scalar_type

from tests.matrix.fields import FIELDS, MASKS, MAY_BE_EMPTY
from tests.matrix.holdings import Holding
from tests.matrix.nodes import NAMED, NODES, WITH_OTHERS
from tests.matrix.rules import OK
from tests.matrix.seats import Seat
from tests.matrix.selections import Json, everything, is_node, is_shown, objects, own_fields
from tests.matrix.world import World
from tests.schema.edge import Edge

NULL = "NULL"
TOLD_OF_EACH = ("content-type", "cache-control", "set-cookie", "vary")


@dataclass(frozen=True)
class Answer:
    """said: all that could tell one answer from another, without what it cost."""

    body: Json
    said: str

    @property
    def data(self) -> Json:
        return self.body.get("data") or {}

    def word(self, field: str) -> str:
        """OK, NULL, or the code of an error, wherever it stands; a masked fault by its message."""
        for error in self.body.get("errors") or ():
            return str(error["extensions"].get("code") or error["message"])
        value = self.data[field]
        errors = value.get("errors") if isinstance(value, dict) else None
        return str(errors[0]["code"]) if errors else OK if is_shown(value) else NULL


@dataclass(frozen=True)
class Matrix:
    """A world, and the edge that it is asked over."""

    world: World
    edge: Edge
    schema: GraphQLSchema

    async def ask(self, seat: Seat, query: str, variables: Json | None = None, token: str | None = None) -> Answer:
        token = token or self.world.tokens.get(seat.name)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        response = await self.edge.http.post(
            "/graphql", json={"query": query, "variables": variables or {}}, headers=headers
        )
        body = response.json()
        body.pop("extensions", None)
        return Answer(body, _said(response, body))

    def faults(self, seat: Seat, holding: Holding, told: object) -> list[str]:
        """Fields that show what they must not, or hide what they may show; and ids that the seat must not come across.

        told: an answer's data, or an event's. holding: what the objects in it hang on.
        """
        assert seat.actor is not None
        found = []
        for of, thing in objects(self.schema, told):
            for name in own_fields(of):
                field = f"{of.name}.{name}"
                if name not in thing or field not in FIELDS:
                    continue
                shows = is_shown(thing[name]) and thing[name] != MASKS.get(field)
                may = FIELDS[field](self.world, seat.actor, holding, thing)
                if shows and not may:
                    found.append(f"{seat.name}, {holding.situation}: {field} shows {thing[name]!r}")
                if may and not shows and field not in MAY_BE_EMPTY:
                    found.append(f"{seat.name}, {holding.situation}: {field} shows nothing")
        return found + self.strangers(seat, told)

    def strangers(self, seat: Seat, told: object) -> list[str]:
        """Ids of what the seat may not see."""
        assert seat.actor is not None
        found = []
        for of, thing in objects(self.schema, told):
            noun, holding = self.world.holding_of.get(thing.get("id", ""), ("", None))
            if holding is None or noun in WITH_OTHERS:
                continue
            if not {**NODES, **NAMED}[noun](seat.actor, holding):
                found.append(f"{seat.name} came across a {of.name}: {noun}, {holding.situation} of its owner")
        return found

    def node_query(self, type_name: str) -> str:
        of = self.type_of(type_name)
        return f"query($id: ID!) {{ node(id: $id) {{ __typename ... on {type_name} {everything(self.schema, of)} }} }}"

    def mutation(self, name: str) -> str:
        """With what its payload says in a word of each thing."""
        root = self.schema.mutation_type
        assert root is not None
        field = root.fields[name]
        given = {argument: str(value.type) for argument, value in field.args.items()}
        declared = ", ".join(f"${argument}: {kind}" for argument, kind in given.items())
        passed = ", ".join(f"{argument}: ${argument}" for argument in given)
        payload = get_named_type(field.type)
        assert is_object_type(payload)
        of = " ".join(self._of_payload(payload, name) for name in payload.fields)
        return f"mutation{f'({declared})' if given else ''} {{ {name}{f'({passed})' if given else ''} {{ {of} }} }}"

    def type_of(self, name: str) -> GraphQLObjectType:
        of = self.schema.get_type(name)
        assert is_object_type(of), name
        return of

    def _of_payload(self, payload: GraphQLObjectType, name: str) -> str:
        named = get_named_type(payload.fields[name].type)
        if is_scalar_type(named) or is_enum_type(named):
            return name
        if name == "errors":
            return "errors { code message field }"
        assert is_object_type(named)
        has_id = is_node(self.schema, named) or "id" in named.fields
        return f"{name} {{ __typename {'id' if has_id else ''} }}"


def left(payload: Json | None) -> dict[str, Any]:
    """What a payload says besides its errors."""
    return {name: value for name, value in (payload or {}).items() if name != "errors" and value}


def _said(response: httpx.Response, body: Json) -> str:
    headers = {name: response.headers.get(name) for name in TOLD_OF_EACH}
    return json.dumps([response.status_code, headers, body], sort_keys=False)
