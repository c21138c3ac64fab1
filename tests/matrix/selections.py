"""Ask for everything of a type, and go through what comes back: from the schema, so that no field is left out.

A thing with an id of its own (a Node) is asked for all its fields; of other Nodes that it names, only what costs no
further step. So each field of each type is asked for at least where its Node is asked for by id.
"""

from collections.abc import Container, Iterator
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_enum_type,
    is_interface_type,
    is_object_type,
    is_required_argument,
    is_scalar_type,
)

Json = dict[str, Any]
PAGE = {"edges", "pageInfo", "totalCount"}
EDGE = {"cursor", "node"}
EVENTS = {"CaseEvent", "ViewerEvent"}


def everything(schema: GraphQLSchema, of: GraphQLObjectType, but: Container[str] = ()) -> str:
    """A selection of all fields of a type, in braces. but: of names that are left out."""
    asked = (_asked(schema, field, name) for name, field in of.fields.items() if name not in but)
    return f"{{ __typename {' '.join(asked)} }}"


def gist(schema: GraphQLSchema, of: GraphQLObjectType) -> str:
    """Its fields that hold no objects."""
    leaves = [name for name, field in of.fields.items() if _is_leaf(field)]
    return f"{{ __typename {' '.join(leaves)} }}"


def is_node(schema: GraphQLSchema, of: Any) -> bool:
    """Whether it is of the interface Node."""
    return is_object_type(of) and any(interface.name == "Node" for interface in of.interfaces)


def is_event(of: GraphQLObjectType) -> bool:
    return any(interface.name in EVENTS for interface in of.interfaces)


def own_fields(of: GraphQLObjectType) -> list[str]:
    """Names of fields that say something: a page may tell more than its rows."""
    if of.name.endswith("Payload") or of.name in ("PageInfo", "UserError"):
        return []
    plumbing = PAGE if of.name.endswith("Connection") else EDGE if of.name.endswith("Edge") else set()
    return [name for name in of.fields if name not in plumbing]


def objects(schema: GraphQLSchema, value: object) -> Iterator[tuple[GraphQLObjectType, Json]]:
    """Every object in an answer with its type, itself first."""
    if isinstance(value, list):
        for each in value:
            yield from objects(schema, each)
    elif isinstance(value, dict):
        of = schema.get_type(value.get("__typename", ""))
        if is_object_type(of):
            yield of, value
        for each in value.values():
            yield from objects(schema, each)


def is_shown(value: object) -> bool:
    """Whether a field tells anything; an empty page tells nothing."""
    if isinstance(value, dict) and value.keys() >= PAGE:
        return bool(value["edges"] or value["totalCount"])
    if isinstance(value, list):
        return any(each is not None for each in value)
    return value is not None


def _asked(schema: GraphQLSchema, field: GraphQLField, name: str) -> str:
    named = get_named_type(field.type)
    if _needs_arguments(field):
        raise AssertionError(f"{name} cannot be asked for without arguments: tell `selections` what to give")
    if _is_leaf(field):
        return name
    if is_interface_type(named):
        return f"{name} {{ __typename }}"
    assert isinstance(named, GraphQLObjectType)
    if is_node(schema, named):
        return f"{name} {gist(schema, named)}"
    return f"{name} {everything(schema, named)}"


def _is_leaf(field: GraphQLField) -> bool:
    named = get_named_type(field.type)
    return is_scalar_type(named) or is_enum_type(named)


def _needs_arguments(field: GraphQLField) -> bool:
    return any(is_required_argument(argument) for argument in field.args.values())
