"""Places in a case's images, as comments and annotations are pinned to them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.errors import Invalid, NotFound
from api.permissions import Action, Actor, CaseSubject, is_allowed
from api.persistence.tables import Analysis, CaseStudy, Finding, Series, Stack


@dataclass(frozen=True)
class Place:
    """In the images. left, top, width, height: pixels, origin at the outer corner of the first pixel; all or none."""

    stack: UUID
    frame_index: int
    box: tuple[float, float, float, float] | None = None
    finding: UUID | None = None

    def as_json(self) -> dict[str, object]:
        """Plain values for a JSON column."""
        finding = str(self.finding) if self.finding else None
        box = list(self.box) if self.box else None
        return {"stack": str(self.stack), "frame_index": self.frame_index, "box": box, "finding": finding}


async def require_stack(session: AsyncSession, actor: Actor, subject: CaseSubject, place: Place) -> Stack:
    """The stack of the case that the place is in. Raises NotFound (no such stack or finding), Invalid."""
    statement = (
        select(Stack)
        .join(Series, col(Series.key) == col(Stack.series_key))
        .join(CaseStudy, col(CaseStudy.study_key) == col(Series.study_key))
        .where(col(Stack.key) == place.stack, col(CaseStudy.case_key) == subject.case_key)
    )
    stack = (await session.execute(statement)).scalars().first()
    if stack is None:
        raise NotFound("The case has no such stack.", ["anchor", "stackId"])
    if not 0 <= place.frame_index < len(stack.frame_keys):
        last = len(stack.frame_keys) - 1
        raise Invalid(f"The stack's frames are numbered 0 to {last}.", ["anchor", "frameIndex"])
    if place.box is not None:
        left, top, width, height = place.box
        inside = 0 <= left <= left + width <= stack.columns and 0 <= top <= top + height <= stack.rows
        if not inside:
            raise Invalid("The box lies outside the picture.", ["anchor", "box"])
    if place.finding is not None and not await _sees_finding(session, actor, subject, place.finding):
        raise NotFound("The case has no such finding, or you may not see it.", ["anchor", "findingId"])
    return stack


async def _sees_finding(session: AsyncSession, actor: Actor, subject: CaseSubject, finding: UUID) -> bool:
    if not is_allowed(actor, Action.CASE_SEE_ANALYSES, subject):
        return False
    of_case = select(col(Finding.key)).join(Analysis, col(Analysis.key) == col(Finding.analysis_key))
    named = (col(Finding.key) == finding, col(Analysis.case_key) == subject.case_key)
    return await session.scalar(of_case.where(*named)) is not None
