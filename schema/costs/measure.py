"""The points of an operation, from its document and variables alone: nothing is executed.

An upper bound for what the tables of `prices` assume: every directive counts as including, what is asked for twice
counts twice, and of the types that an interface may turn out to be the most expensive one counts.
"""

from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    Undefined,
    ValueNode,
    get_named_type,
    is_abstract_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    value_from_ast_untyped,
)
from graphql.utilities import get_operation_ast

from schema.costs import prices

Variables = Mapping[str, Any]


def measure(schema: GraphQLSchema, document: DocumentNode, name: str | None, variables: Variables | None) -> int:
    """document: valid. name: of the operation, where it has several."""
    operation = get_operation_ast(document, name)
    if operation is None:
        return prices.OPERATION
    return _Measure(schema, document, operation, variables or {}).of_operation()


class _Measure:
    """Each selection is measured once for a type and page, however often its fragment is spread."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, given: Variables
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._variables = {
            definition.variable.name.value: value_from_ast_untyped(definition.default_value)
            for definition in operation.variable_definitions or ()
            if definition.default_value is not None
        } | dict(given)
        self._known: dict[tuple[int, str, int], int] = {}

    def of_operation(self) -> int:
        kind = self._operation.operation
        root = self._schema.get_root_type(kind)
        assert root is not None
        extra = prices.SUBSCRIPTION if kind is OperationType.SUBSCRIPTION else 0
        return prices.OPERATION + extra + self._of(self._operation.selection_set, root, 1)

    def _of_abstract(self, selections: SelectionSetNode, of_type: Any, page: int) -> int:
        if not is_abstract_type(of_type):
            return self._of(selections, of_type, page)
        possible = self._schema.get_possible_types(of_type)
        return max((self._of(selections, each, page) for each in possible), default=0)

    def _of(self, selections: SelectionSetNode, parent: GraphQLObjectType, page: int) -> int:
        """page: how many edges there are, where the parent is a connection."""
        key = (id(selections), parent.name, page)
        if key not in self._known:
            self._known[key] = sum(self._of_node(node, parent, page) for node in selections.selections)
        return self._known[key]

    def _of_node(self, node: object, parent: GraphQLObjectType, page: int) -> int:
        if isinstance(node, FieldNode):
            return self._of_field(node, parent, page)
        if isinstance(node, InlineFragmentNode):
            condition, selections = node.type_condition, node.selection_set
        else:
            assert isinstance(node, FragmentSpreadNode)
            fragment = self._fragments[node.name.value]
            condition, selections = fragment.type_condition, fragment.selection_set
        if condition is not None and not self._applies(condition.name.value, parent):
            return 0
        return self._of(selections, parent, page)

    def _applies(self, condition: str, parent: GraphQLObjectType) -> bool:
        wanted = self._schema.get_type(condition)
        return wanted is parent or (is_abstract_type(wanted) and self._schema.is_sub_type(wanted, parent))

    def _of_field(self, node: FieldNode, parent: GraphQLObjectType, page: int) -> int:
        name = node.name.value
        if name.startswith("__"):
            return 0 if name == "__typename" else prices.INTROSPECTION
        field = parent.fields[name]
        extra = (
            self._of_mutation(node)
            if self._operation.operation is OperationType.MUTATION and (parent is self._schema.mutation_type)
            else 0
        )
        named = get_named_type(field.type)
        if node.selection_set is None or named.name in prices.FREE:
            return extra
        if _is_connection(named):
            return extra + 1 + self._of_abstract(node.selection_set, named, self._page(node, field, parent))
        if _is_connection(parent) and name == "edges":
            return extra + page * self._of_abstract(node.selection_set, named, 1)
        return extra + self._length(node, field, parent) * (1 + self._of_abstract(node.selection_set, named, 1))

    def _of_mutation(self, node: FieldNode) -> int:
        items = sum(_items(self._value(argument.value)) for argument in node.arguments or ())
        return prices.MUTATION + -(-items // prices.ITEMS_A_POINT)

    def _page(self, node: FieldNode, field: GraphQLField, parent: GraphQLObjectType) -> int:
        size = next(
            (value for value in (self._argument(node, field, name) for name in ("first", "last")) if value is not None),
            prices.PAGE_LENGTH,
        )
        if not isinstance(size, int | float):
            size = prices.LONGEST_PAGE  # refused when it is read
        longest = prices.SHORT_PAGES.get(f"{parent.name}.{node.name.value}", prices.LONGEST_PAGE)
        return max(0, min(int(size), longest)) if abs(size) < 1 << 53 else longest

    def _length(self, node: FieldNode, field: GraphQLField, parent: GraphQLObjectType) -> int:
        kind = field.type.of_type if is_non_null_type(field.type) else field.type
        if not is_list_type(kind):
            return 1
        ids = self._argument(node, field, "ids")
        if isinstance(ids, list):
            return min(len(ids), prices.LONGEST_PAGE)
        name, element = f"{parent.name}.{node.name.value}", get_named_type(kind).name
        return prices.LENGTHS.get(name, prices.LENGTHS.get(element, prices.DEFAULT_LENGTH))

    def _argument(self, node: FieldNode, field: GraphQLField, name: str) -> Any:
        """None where it is left out, null, or the field has none of that name."""
        for argument in node.arguments or ():
            if argument.name.value == name:
                return self._value(argument.value)
        known = field.args.get(name)
        return None if known is None or known.default_value is Undefined else known.default_value

    def _value(self, value: ValueNode) -> Any:
        found = value_from_ast_untyped(value, self._variables)
        return None if found is Undefined else found  # a variable that was not given


def _is_connection(named: Any) -> bool:
    return bool(is_object_type(named) and named.name.endswith("Connection") and "edges" in named.fields)


def _items(value: object) -> int:
    """Elements of all lists within a value, at whatever depth."""
    count, left = 0, [value]
    while left:
        inner = left.pop()
        if isinstance(inner, list):
            count += len(inner)
            left.extend(inner)
        elif isinstance(inner, Mapping):
            left.extend(inner.values())
    return count
