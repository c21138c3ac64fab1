"""What there is in the schema and among the routes without a row in the tables, and where the row belongs."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from graphql import GraphQLSchema, is_object_type

from api.app import routes_of
from api.backends import Backends
from tests.matrix.fields import FIELDS
from tests.matrix.holdings import type_of
from tests.matrix.nodes import NODES
from tests.matrix.operations import EVENTS, MUTATIONS, QUERIES, SUBSCRIPTIONS
from tests.matrix.routes import ROUTES, name_of
from tests.matrix.selections import is_event, is_node, own_fields


def without_row(schema: GraphQLSchema) -> Iterator[str]:
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    tables: tuple[Mapping[str, object], ...] = (QUERIES, MUTATIONS, SUBSCRIPTIONS)
    for table, root in zip(tables, roots, strict=True):
        assert root is not None
        yield from (f"{root.name}.{field}: tests/matrix/operations.py" for field in root.fields if field not in table)
    nouns = {type_of(noun) for noun in NODES}
    for name, of in schema.type_map.items():
        if not is_object_type(of) or name.startswith("__") or of in roots:
            continue
        if is_event(of):
            if name not in EVENTS:
                yield f"{name}: tests/matrix/operations.py"
            continue
        if is_node(schema, of) and name not in nouns:
            yield f"{name}, by its id: tests/matrix/nodes.py, and an id in tests/matrix/world.py"
        fields = (f"{name}.{field}" for field in own_fields(of))
        yield from (f"{field}: tests/matrix/fields.py" for field in fields if field not in FIELDS)


def routes_without_row(backends: Backends) -> Iterator[str]:
    """With the routes that only a server has that makes its own certificate."""
    house = backends.house
    every = replace(backends, house=replace(house, settings=house.settings.model_copy(update={"tls": "generated"})))
    names = [name_of(route) for route in routes_of(every)]
    yield from (f"{name}: tests/matrix/routes.py" for name in names if name not in ROUTES)
