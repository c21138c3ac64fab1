"""The GraphQL edge: types in, types out, no logic. `build_schema` for the server, `export_schema` for everybody else.

python -m schema  writes schema/schema.graphql.
"""

from pathlib import Path

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from api.settings import Settings
from schema.context import Context
from schema.errors import note_refusal, shown
from schema.limits import DocumentLimits
from schema.mutations import Mutation
from schema.operation import Documents, Operation, may_introspect
from schema.queries import Query
from schema.scalars import SCALARS
from schema.subscriptions import Subscription
from schema.types.events import (
    AnalysisProgressed,
    AnnotationChanged,
    CaseChanged,
    CommentAdded,
    ParticipantsChanged,
    ReviewChanged,
    UploadProgressed,
    WorklistChanged,
)

EVENTS = [
    *(AnalysisProgressed, AnnotationChanged, CaseChanged, CommentAdded, ParticipantsChanged, ReviewChanged),
    *(UploadProgressed, WorklistChanged),
]
EXPORTED = Path(__file__).parent / "schema.graphql"


class Schema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Every path of every transport comes through here once, before its errors are formatted."""
        context = execution_context.context if execution_context else None
        if isinstance(context, Context):
            for error in errors:
                note_refusal(context, error)
        suggests = may_introspect(context)
        errors[:] = [shown(error, suggests) for error in errors]


def build_schema(settings: Settings) -> Schema:
    documents = Documents(DocumentLimits(settings.query_tokens, settings.query_depth, settings.query_aliases))
    return Schema(
        Query,
        Mutation,
        Subscription,
        types=EVENTS,
        extensions=[lambda: Operation(documents)],
        config=StrawberryConfig(scalar_map=SCALARS),
    )


def export_schema() -> str:
    """The schema as text, as it is checked in."""
    return build_schema(Settings()).as_str().rstrip() + "\n"
