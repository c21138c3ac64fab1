"""The exported schema keeps the contract: nothing in it contradicts, and what is still to come is listed.

`still_missing.txt` is that list. It may only shrink: what has been brought is struck out in the same change.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    build_schema,
    specified_scalar_types,
)

from schema import EXPORTED

HERE = Path(__file__).parent
MISSING = HERE / "still_missing.txt"


@pytest.fixture(scope="module")
def contract() -> GraphQLSchema:
    return build_schema((HERE / "contract.graphql").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def exported() -> GraphQLSchema:
    return build_schema(EXPORTED.read_text(encoding="utf-8"))


def test_nothing_in_the_schema_contradicts_the_contract(contract: GraphQLSchema, exported: GraphQLSchema) -> None:
    contradictions = [text for text in compare(contract, exported) if not text.startswith("missing ")]

    assert contradictions == []


def test_what_later_issues_still_have_to_bring_is_listed(
    contract: GraphQLSchema, exported: GraphQLSchema, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = {text.removeprefix("missing ") for text in compare(contract, exported) if text.startswith("missing ")}
    listed = set(MISSING.read_text(encoding="utf-8").split("\n")) - {""}

    with capsys.disabled():
        print(f"\n{len(missing)} names of the contract are still to come, see {MISSING.name}")

    assert missing - listed == set(), "these were there, or are new in the contract"
    assert listed - missing == set(), "these have come: strike them out of still_missing.txt"


def test_a_contradiction_of_each_kind_is_noticed() -> None:
    promised = build_schema(
        "interface I { a: Int } input In { a: Int = 1 } enum E { A B }"
        " type Query implements I { a: Int b(x: Int! = 2, in: In): [E!]! c: Query }"
    )
    given = build_schema(
        "interface I { a: Int } input In { a: Int = 3, z: Int! } enum E { A }"
        " type Query { a: Int! b(x: Int! = 4, in: In, y: Int!): [E]! }"
    )

    assert sorted(compare(promised, given)) == [
        "In.a has default 3, not 1",
        "In.z must be given, which nobody was told",
        "Query does not implement I",
        "Query.a is Int!, not Int",
        "Query.b is [E]!, not [E!]!",
        "Query.b(x) has default 4, not 2",
        "Query.b(y) must be given, which nobody was told",
        "missing E.B",
        "missing Query.c",
    ]


def compare(contract: GraphQLSchema, exported: GraphQLSchema) -> Iterator[str]:
    for name, promised in contract.type_map.items():
        if name.startswith("__") or name in specified_scalar_types:
            continue
        given = exported.type_map.get(name)
        if given is None:
            yield f"missing {name}"
        elif type(given) is not type(promised):
            yield f"{name} is another kind of type"
        elif isinstance(promised, GraphQLEnumType) and isinstance(given, GraphQLEnumType):
            yield from (f"missing {name}.{value}" for value in promised.values if value not in given.values)
        elif isinstance(promised, GraphQLInputObjectType) and isinstance(given, GraphQLInputObjectType):
            inputs = {f"{name}.{field}": value for field, value in promised.fields.items()}
            yield from _compare_inputs(inputs, {f"{name}.{field}": value for field, value in given.fields.items()})
        elif isinstance(promised, GraphQLObjectType | GraphQLInterfaceType) and isinstance(
            given, GraphQLObjectType | GraphQLInterfaceType
        ):
            yield from _compare_outputs(promised, given)


def _compare_outputs(
    promised: GraphQLObjectType | GraphQLInterfaceType, given: GraphQLObjectType | GraphQLInterfaceType
) -> Iterator[str]:
    implemented = {interface.name for interface in given.interfaces}
    yield from (
        f"{promised.name} does not implement {interface.name}"
        for interface in promised.interfaces
        if interface.name not in implemented
    )
    for field_name, field in promised.fields.items():
        path = f"{promised.name}.{field_name}"
        if field_name not in given.fields:
            yield f"missing {path}"
            continue
        found = given.fields[field_name]
        if str(found.type) != str(field.type):
            yield f"{path} is {found.type}, not {field.type}"
        arguments = {f"{path}({name})": argument for name, argument in field.args.items()}
        yield from _compare_inputs(arguments, {f"{path}({name})": argument for name, argument in found.args.items()})


Input = GraphQLArgument | GraphQLInputField


def _compare_inputs(promised: Mapping[str, Input], given: Mapping[str, Input]) -> Iterator[str]:
    for path, wanted in promised.items():
        found = given.get(path)
        if found is None:
            yield f"missing {path}"
            continue
        if str(found.type) != str(wanted.type):
            yield f"{path} is {found.type}, not {wanted.type}"
        if _default(found) != _default(wanted):
            yield f"{path} has default {_default(found)}, not {_default(wanted)}"
    for path in given.keys() - promised.keys():
        if str(given[path].type).endswith("!") and _default(given[path]) is Undefined:
            yield f"{path} must be given, which nobody was told"


def _default(value: Input) -> object:
    """As it is written; graphql-core keeps it as a literal, or as a value, by its version."""
    literal = getattr(value, "default", None)
    if literal is not None:
        node = getattr(literal, "literal", None)
        return getattr(node, "value", None) if node is not None else getattr(literal, "value", None)
    return value.default_value
