"""What surrounds each operation: who asks, the checked document, its time."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import lru_cache

from graphql import DocumentNode, GraphQLError, NoSchemaIntrospectionCustomRule, OperationDefinitionNode, parse
from sqlalchemy.exc import SQLAlchemyError
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document
from strawberry.types.graphql import OperationType

from api.errors import Unavailable
from schema.context import Caller, Context, open_context
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
        rules = execution.validation_rules
        if not introspects:
            rules = (*rules, NoSchemaIntrospectionCustomRule)
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

    async def on_operation(self) -> AsyncIterator[None]:
        execution = self.execution_context
        execution.parse_options["max_tokens"] = self._documents.limits.tokens
        caller = execution.context
        if isinstance(caller, Caller):
            try:
                execution.context = await open_context(caller, "eventCursor" in (execution.query or ""))
            except SQLAlchemyError as fault:  # told by `on_execute`, where it becomes an answer on every transport
                execution.context, self._fault = Context(caller), fault
        yield

    def on_parse(self) -> Iterator[None]:
        execution = self.execution_context
        text = execution.query
        if text and len(text) <= LONGEST_KEPT:
            try:
                execution.graphql_document = self._documents.parse(text)
            except GraphQLError:
                execution.graphql_document = None  # parsed again by the caller, who tells of the error
        yield

    def on_validate(self) -> Iterator[None]:
        execution = self.execution_context
        faults = self._documents.faults(self, may_introspect(execution.context))
        if not faults and execution._provided_operation_name is None and _operations(execution.graphql_document) > 1:
            faults = [GraphQLError("Say by `operationName` which of the document's operations is meant.")]
        execution.pre_execution_errors = faults
        yield

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
                if execution.operation_type is OperationType.QUERY:
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


def _operations(document: DocumentNode | None) -> int:
    return sum(isinstance(node, OperationDefinitionNode) for node in document.definitions) if document else 0
