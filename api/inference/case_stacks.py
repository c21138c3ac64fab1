"""The stacks of a case, as models choose among them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.inference.series_choice import Candidate
from api.inference.suitability import StackFacts
from api.persistence.tables import CaseStudy, Series, Stack

MOST_STACKS = 1000  # of a case, that are looked at; the longest ones


@dataclass(frozen=True)
class CaseStack:
    row: Stack
    candidate: Candidate


async def stacks_of_case(session: AsyncSession, case_key: UUID) -> list[CaseStack]:
    """Longest first."""
    statement = (
        select(Stack, Series)
        .join(Series, col(Series.key) == col(Stack.series_key))
        .join(CaseStudy, col(CaseStudy.study_key) == col(Series.study_key))
        .where(col(CaseStudy.case_key) == case_key)
    )
    found = [CaseStack(row[0], _candidate(row[0], row[1])) for row in await session.execute(statement)]
    return sorted(found, key=lambda stack: (-stack.candidate.facts.frame_count, stack.row.key))[:MOST_STACKS]


def _candidate(row: Stack, series: Series) -> Candidate:
    facts = StackFacts(
        modality=series.modality,
        body_part=series.body_part,
        image_type=tuple(row.image_type),
        unit=row.unit,
        slice_spacing=row.slice_spacing,
        frame_count=len(row.frame_keys),
        has_geometry=row.slice_spacing is not None and row.row_spacing is not None,
        is_color=row.photometric == "RGB",
        warning_codes=tuple(warning["code"] for warning in row.warnings),
    )
    return Candidate(facts, series.number, series.description, row.superseded)
