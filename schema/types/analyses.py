"""Models, analyses, and what they found."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from api.inference.predictor import ModelDescription
from api.persistence import tables
from schema.connections import Connection
from schema.context import Info
from schema.fields import described, of_type
from schema.node_ids import node_id
from schema.scalars import JSON
from schema.types.frames import Box, Point3D, Warning
from schema.types.images import Stack
from schema.types.nodes import Node

# A case shows its analyses and an analysis its case: one of the two modules must name the other late.
CASE = Annotated["Case", strawberry.lazy("schema.types.cases")]  # type: ignore[name-defined] # noqa: F821


@strawberry.enum
class AnalysisStatus(Enum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    UNSUITABLE = "UNSUITABLE"


@strawberry.enum
class AnalysisStage(Enum):
    WAITING = "WAITING"
    PREPARING = "PREPARING"
    INFERRING = "INFERRING"
    REPORTING = "REPORTING"
    DONE = "DONE"


@strawberry.type
class Model(Node):
    name: str
    version: str
    title: str
    intended_use: str
    modalities: list[str]
    body_parts: list[str]
    labels: list[str]
    card: JSON = strawberry.field(description="Training data, metrics with intervals, limits.")
    active: bool = strawberry.field(description="The version that new analyses take.")

    @classmethod
    def of(cls, model: ModelDescription, active: bool) -> "Model":
        return cls(
            id=node_id("Model", model.name, model.version),
            name=model.name,
            version=model.version,
            title=model.title,
            intended_use=model.intended_use,
            modalities=list(model.modalities),
            body_parts=list(model.body_parts),
            labels=list(model.labels),
            card=JSON(model.card),
            active=active,
        )

    @classmethod
    def retired(cls, name: str, version: str) -> "Model":
        """A version that an analysis was made with and that is no longer installed."""
        return cls.of(ModelDescription(name, version, f"{name} {version}", "", (), (), (), {}), active=False)

    @described("The inference server says so now.")
    async def ready(self, info: Info) -> bool:
        return bool(await info.context.loaders.model_readiness.load((self.name, self.version)))


@strawberry.type
class Score:
    label: str
    probability: float


@strawberry.type
class Analysis(Node):
    row: strawberry.Private[tables.Analysis]
    status: AnalysisStatus
    stage: AnalysisStage
    progress: float = strawberry.field(description="0 to 1.")
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    scores: list[Score] = strawberry.field(description="One a label, calibrated probability.")
    uncertainty: float | None = strawberry.field(description="0 certain to 1.")
    failure: str | None = strawberry.field(description="Why, in words for the user, when FAILED or UNSUITABLE.")
    warnings: list[Warning]

    @classmethod
    def of(cls, row: tables.Analysis) -> "Analysis":
        return cls(
            row=row,
            id=node_id("Analysis", row.key),
            status=AnalysisStatus(row.status),
            stage=AnalysisStage(row.stage),
            progress=row.progress,
            queued_at=row.queued_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
            scores=[Score(label=score["label"], probability=score["probability"]) for score in row.scores],
            uncertainty=row.uncertainty,
            failure=row.failure,
            warnings=[Warning.of(value) for value in row.warnings],
        )

    @of_type(CASE)
    async def case(self, info: Info) -> Any:
        from schema.types.cases import Case

        row = await info.context.loaders.cases.load(self.row.case_key)
        assert row is not None
        return Case.of(row)

    @strawberry.field
    async def stack(self, info: Info) -> Stack | None:
        if self.row.stack_key is None:
            return None
        row = await info.context.loaders.stacks.load(self.row.stack_key)
        return Stack.of(row) if row else None

    @strawberry.field
    async def model(self, info: Info) -> Model:
        name, version = self.row.model_name, self.row.model_version
        found = await info.context.loaders.models.load((name, version))
        return Model.of(*found) if found else Model.retired(name, version)

    @described("Most probable first.")
    async def findings(self, info: Info) -> list["Finding"]:
        return [Finding.of(row, self.row) for row in await info.context.loaders.findings.load(self.row.key)]


@strawberry.type
class Finding(Node):
    row: strawberry.Private[tables.Finding]
    analysis_row: strawberry.Private[tables.Analysis]
    label: str
    probability: float
    above_threshold: bool = strawberry.field(description="At the model's operating point.")
    diameter_mm: float | None
    position: Point3D | None = strawberry.field(description="Of its centre.")

    @classmethod
    def of(cls, row: tables.Finding, analysis: tables.Analysis) -> "Finding":
        return cls(
            row=row,
            analysis_row=analysis,
            id=node_id("Finding", row.key),
            label=row.label,
            probability=row.probability,
            above_threshold=row.above_threshold,
            diameter_mm=row.diameter_mm,
            position=Point3D.of(_all_or_none((row.x, row.y, row.z))),
        )

    @strawberry.field
    def analysis(self) -> Analysis:
        return Analysis.of(self.analysis_row)

    @described("The frame that shows it best.")
    async def anchor(self, info: Info) -> "Anchor | None":
        stack = await info.context.loaders.stacks.load(self.row.stack_key)
        if stack is None:
            return None
        edges = _all_or_none((self.row.left, self.row.top, self.row.width, self.row.height))
        box = Box(left=edges[0], top=edges[1], width=edges[2], height=edges[3]) if edges else None
        return Anchor(stack=Stack.of(stack), frame_index=self.row.frame_index, box=box, finding=self)


@strawberry.type
class Anchor:
    stack: Stack
    frame_index: int
    box: Box | None
    finding: Finding | None


AnalysisConnection = Connection[Analysis]


def _all_or_none(values: Sequence[float | None]) -> list[float] | None:
    known = [value for value in values if value is not None]
    return known if len(known) == len(values) else None
