"""Measure and draw in the images of a case."""

import strawberry

from api import annotations
from api.annotations import AnnotationKind, Drawing
from api.errors import Invalid
from schema.connections import given
from schema.context import Info
from schema.errors import UserError, refusable
from schema.mutations.comments import AnchorInput
from schema.node_ids import get_key
from schema.types.annotations import Point2DInput
from schema.types.cases import Annotation


@strawberry.input(
    description="caseId for a new one, annotationId to change one's own: all of it, what is left out is gone. "
    "Quantities are the server's."
)
class SaveAnnotationInput:
    annotation_id: strawberry.ID | None = strawberry.UNSET
    case_id: strawberry.ID | None = strawberry.UNSET
    kind: AnnotationKind
    anchor: AnchorInput
    points: list[Point2DInput]
    label: str | None = strawberry.UNSET
    note: str | None = strawberry.UNSET
    missed_by_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Of a FINDING: the analysis of the case that should have found it."
    )
    idempotency_key: str | None = strawberry.UNSET

    def drawing(self) -> Drawing:
        missed_by = given(self.missed_by_id)
        return Drawing(
            kind=self.kind,
            place=self.anchor.place(),
            points=tuple((point.x, point.y) for point in self.points),
            label=given(self.label),
            note=given(self.note),
            missed_by=get_key(missed_by, "Analysis", ["missedById"]) if missed_by else None,
        )


@strawberry.input
class DeleteAnnotationInput:
    annotation_id: strawberry.ID


@strawberry.type
class AnnotationPayload:
    annotation: Annotation | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class AnnotationMutations:
    @strawberry.mutation
    @refusable(AnnotationPayload)
    async def save_annotation(self, info: Info, input: SaveAnnotationInput) -> AnnotationPayload:
        info.context.get_actor()
        annotation_id, case_id = given(input.annotation_id), given(input.case_id)
        once = given(input.idempotency_key)
        if annotation_id is not None and case_id is not None:
            raise Invalid("Give caseId for a new annotation or annotationId to change one, not both.", ["caseId"])
        if annotation_id is not None:
            key = get_key(annotation_id, "Annotation", ["annotationId"])
            async with info.context.writing() as uow:
                saved = await annotations.change(uow, key, input.drawing(), once)
        elif case_id is not None:
            key = get_key(case_id, "Case", ["caseId"])
            async with info.context.writing() as uow:
                saved = await annotations.draw(uow, key, input.drawing(), once)
        else:
            raise Invalid("Give caseId for a new annotation, or annotationId to change one.", ["caseId"])
        return AnnotationPayload(annotation=Annotation.of(saved))

    @strawberry.mutation
    @refusable(AnnotationPayload, "annotationId")
    async def delete_annotation(self, info: Info, input: DeleteAnnotationInput) -> AnnotationPayload:
        """Its id stays, its points are empty."""
        info.context.get_actor()
        key = get_key(input.annotation_id, "Annotation", ["annotationId"])
        async with info.context.writing() as uow:
            deleted = await annotations.delete(uow, key)
        return AnnotationPayload(annotation=Annotation.of(deleted))
