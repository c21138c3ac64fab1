"""What surrounds each operation: who asks, the checked document, its time."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import lru_cache

from graphql import (
    DocumentNode,
    GraphQLError,
    MaxIntrospectionDepthRule,
    NameNode,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)
from graphql import OperationType as Kind
from sqlalchemy.exc import SQLAlchemyError
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document
from strawberry.types.graphql import OperationType

from api.errors import Unavailable
from schema.context import Caller, Context, open_context
from schema.costs.charge import Charge
from schema.errors import TOO_DEEP
from schema.limits import DocumentLimits

KEPT_DOCUMENTS = 128
LONGEST_KEPT = 8192  # characters; a parsed document takes some hundred times its text


class Documents:
    """Parsed documents, and whether they are valid: of one schema, the latest ones kept."""

    def __init__(self, limits: DocumentLimits) -> None:
        self.limits = limits
        self.parse = lru_cache(KEPT_DOCUMENTS)(self._parse)
        self._kept: dict[tuple[int, bool], tuple[DocumentNode, tuple[GraphQLError, ...]]] = {}

    def _parse(self, text: str) -> DocumentNode:
        return parse(text, max_tokens=self.limits.tokens)

    def faults(self, extension: SchemaExtension, introspects: bool) -> list[GraphQLError]:
        """Of a parsed document; introspects: whether it may ask about the schema itself."""
        execution = extension.execution_context
        document = execution.graphql_document
        assert document is not None
        known = self._kept.get((id(document), introspects))
        if known is not None and known[0] is document:
            return list(known[1])
        about_schema = MaxIntrospectionDepthRule if introspects else NoSchemaIntrospectionCustomRule
        rules = (*execution.validation_rules, about_schema)
        # The document is held beside its faults, so that its id is not given to another one meanwhile.
        faults = tuple(self.limits.check(document)) or tuple(
            validate_document(execution.schema._schema, document, rules)
        )
        if len(execution.query or "") <= LONGEST_KEPT:
            while len(self._kept) >= KEPT_DOCUMENTS:
                self._kept.pop(next(iter(self._kept)))
            self._kept[id(document), introspects] = (document, faults)
        return list(faults)


class Operation(SchemaExtension):
    """One for each operation; `documents` is the schema's."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._fault: SQLAlchemyError | None = None
        self._charge: Charge | None = None
        self._refusal: GraphQLError | None = None

    async def on_operation(self) -> AsyncIterator[None]:
        execution = self.execution_context
        execution.parse_options["max_tokens"] = self._documents.limits.tokens
        caller = execution.context
        if isinstance(caller, Caller):
            try:
                execution.context = await open_context(caller, "eventCursor" in (execution.query or ""))
                self._charge = Charge(execution.context)
                self._refusal = await self._charge.begin()
            except SQLAlchemyError as fault:  # told by `on_execute`, where it becomes an answer on every transport
                execution.context, self._fault, self._charge = Context(caller), fault, None
        yield

    def on_parse(self) -> Iterator[None]:
        execution = self.execution_context
        text = execution.query
        if self._refusal is not None:  # a document that is not paid for is not parsed; `on_validate` tells why
            execution.graphql_document = _nothing(execution._provided_operation_name)
        elif text and len(text) <= LONGEST_KEPT:
            try:
                execution.graphql_document = self._documents.parse(text)
            except GraphQLError:
                execution.graphql_document = None  # parsed again by the caller, who tells of the error
        yield

    async def on_validate(self) -> AsyncIterator[None]:
        execution = self.execution_context
        if self._refusal is not None:
            execution.pre_execution_errors = [self._refusal]
        else:
            try:
                execution.pre_execution_errors = await self._check()
            except SQLAlchemyError as fault:
                execution.pre_execution_errors, self._fault = [], fault
            except RecursionError:
                execution.pre_execution_errors = [GraphQLError(TOO_DEEP)]
        yield

    async def _check(self) -> list[GraphQLError]:
        """What is wrong with the document; what it costs is taken where nothing is."""
        execution = self.execution_context
        document, name = execution.graphql_document, execution._provided_operation_name
        assert document is not None
        faults = self._documents.faults(self, may_introspect(execution.context))
        if not faults and name is None and _operations(document) > 1:
            faults = [GraphQLError("Say by `operationName` which of the document's operations is meant.")]
        if faults or self._charge is None:
            return faults
        refusal = await self._charge.settle(execution.schema._schema, document, name, execution.variables)
        return [refusal] if refusal is not None else []

    def get_results(self) -> dict[str, object]:
        """The answer's extensions."""
        return {"cost": self._charge.told} if self._charge is not None else {}

    async def on_execute(self) -> AsyncIterator[None]:
        if self._fault is not None:
            raise self._fault
        context, execution = self.execution_context.context, self.execution_context
        if not isinstance(context, Context) or execution.operation_type is OperationType.SUBSCRIPTION:
            yield
            return
        seconds = context.house.settings.query_seconds
        try:
            async with asyncio.timeout(seconds):
                if execution.operation_type is not OperationType.QUERY:
                    yield
                    await context.record()
                    return
                async with context.in_one_transaction():
                    await context.begin(execution.variables)
                    yield
                    await context.record()
        except TimeoutError:
            raise Unavailable(f"This took longer than {seconds:g} seconds. Ask for less at once.") from None

    async def on_stream_result(self, result: object) -> AsyncIterator[None]:
        """Before each event of a subscription goes out; what queries and mutations showed is recorded already."""
        context = self.execution_context.context
        if isinstance(context, Context):
            await context.record()
        yield


def may_introspect(context: object) -> bool:
    """Those signed in may ask about the schema, all others where the setting allows it."""
    return not isinstance(context, Context) or context.actor is not None or context.house.settings.introspection


def _operations(document: DocumentNode) -> int:
    return sum(isinstance(node, OperationDefinitionNode) for node in document.definitions)


def _nothing(name: str | None) -> DocumentNode:
    """A document whose operation of that name is a query for nothing."""
    named = NameNode(value=name) if name is not None else None
    empty = SelectionSetNode(selections=())
    return DocumentNode(definitions=(OperationDefinitionNode(operation=Kind.QUERY, name=named, selection_set=empty),))
