"""Look at what was received: studies, series and stacks of cases one may see, and where their frames are fetched."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from api.errors import Unauthenticated
from api.permissions import CaseSubject
from api.persistence import cases as case_rows
from api.persistence.cases import visible_study_keys
from api.persistence.columns import now
from api.persistence.tables import Case, CaseStudy, Frame, Instance, Patient, Series, Stack, Study
from api.storage.leaves import FrameLeave
from api.storage.object_store import FrameKind
from api.unit_of_work import House, UnitOfWork

FRAME_MEDIA_TYPES = {"frames": "image/jphc", "previews": "image/webp"}


@dataclass(frozen=True)
class FrameRow:
    index: int
    sop_instance_uid: str
    frame_number: int
    geometry: dict[str, Any]


@dataclass(frozen=True)
class SignedFrames:
    url_template: str  # RFC 6570, {index} from 0
    media_type: str
    expires_at: datetime


async def find_patients(uow: UnitOfWork, keys: Iterable[UUID]) -> dict[UUID, Patient]:
    """Patients of studies the actor sees; whether their identity may be shown is asked of the case."""
    if uow.actor is None:
        return {}
    of_studies = select(col(Study.patient_key)).where(col(Study.key).in_(visible_study_keys(uow.actor)))
    statement = select(Patient).where(col(Patient.key).in_(list(keys)), col(Patient.key).in_(of_studies))
    return {row.key: row for row in (await uow.session.execute(statement)).scalars()}


async def find_studies(uow: UnitOfWork, keys: Iterable[UUID]) -> dict[UUID, Study]:
    if uow.actor is None:
        return {}
    statement = select(Study).where(col(Study.key).in_(list(keys)), col(Study.key).in_(visible_study_keys(uow.actor)))
    return {row.key: row for row in (await uow.session.execute(statement)).scalars()}


async def find_series(uow: UnitOfWork, keys: Iterable[UUID]) -> dict[UUID, Series]:
    if uow.actor is None:
        return {}
    seen = col(Series.study_key).in_(visible_study_keys(uow.actor))
    statement = select(Series).where(col(Series.key).in_(list(keys)), seen)
    return {row.key: row for row in (await uow.session.execute(statement)).scalars()}


async def find_stacks(uow: UnitOfWork, keys: Iterable[UUID]) -> dict[UUID, Stack]:
    if uow.actor is None:
        return {}
    statement = (
        select(Stack)
        .join(Series, col(Series.key) == col(Stack.series_key))
        .where(col(Stack.key).in_(list(keys)), col(Series.study_key).in_(visible_study_keys(uow.actor)))
    )
    return {row.key: row for row in (await uow.session.execute(statement)).scalars()}


async def subjects_of_studies(uow: UnitOfWork, study_keys: Iterable[UUID]) -> dict[UUID, list[CaseSubject]]:
    """What the cases that hold each study are to the actor: a study may be shown by one and not by another."""
    return await case_rows.subjects_of_studies(uow.session, uow.actor, study_keys) if uow.actor else {}


async def studies_of_cases(uow: UnitOfWork, case_keys: Iterable[UUID]) -> dict[UUID, list[Study]]:
    """Newest first, by the scanner's clock."""
    statement = (
        select(col(CaseStudy.case_key), Study)
        .join(Study, col(Study.key) == col(CaseStudy.study_key))
        .where(col(CaseStudy.case_key).in_(list(case_keys)))
    )
    return _newest_first(await uow.session.execute(statement))


async def priors_of_cases(uow: UnitOfWork, case_keys: Iterable[UUID]) -> dict[UUID, list[Study]]:
    """The same patient's earlier studies in the organization that the actor may see, newest first."""
    if uow.actor is None:
        return {}
    asked = list(case_keys)
    starts = (
        select(col(CaseStudy.case_key), col(Study.started_at))
        .join(Study, col(Study.key) == col(CaseStudy.study_key))
        .where(col(CaseStudy.case_key).in_(asked))
    )
    inside = select(col(CaseStudy.study_key)).where(col(CaseStudy.case_key) == col(Case.key))
    others = (
        select(col(Case.key), Study)
        .join(Study, col(Study.patient_key) == col(Case.patient_key))
        .where(
            col(Case.key).in_(asked),
            col(Study.organization_key) == col(Case.organization_key),
            col(Study.key).not_in(inside),
            col(Study.key).in_(visible_study_keys(uow.actor)),
        )
    )
    moments: dict[UUID, list[datetime]] = defaultdict(list)
    for case_key, moment in await uow.session.execute(starts):
        moments[case_key] += [moment] if moment else []
    earlier = [
        (case_key, study)
        for case_key, study in await uow.session.execute(others)
        if case_key in moments and _is_before(study.started_at, moments[case_key])
    ]
    return _newest_first(earlier)


async def series_of_studies(uow: UnitOfWork, study_keys: Iterable[UUID]) -> dict[UUID, list[Series]]:
    statement = (
        select(Series)
        .where(col(Series.study_key).in_(list(study_keys)))
        .order_by(col(Series.number).nulls_last(), col(Series.created_at), col(Series.key))
    )
    found: dict[UUID, list[Series]] = defaultdict(list)
    for row in (await uow.session.execute(statement)).scalars():
        found[row.study_key].append(row)
    return found


def _is_before(moment: datetime | None, own: Sequence[datetime]) -> bool:
    """Before the first of the case's own; where that is not known, whatever it is."""
    return not own or (moment is not None and moment < min(own))


def _newest_first(studies: Iterable[Any]) -> dict[UUID, list[Study]]:
    """By the scanner's clock, those without one last. Here, since moments are sealed in the database."""
    found: dict[UUID, list[Study]] = defaultdict(list)
    for case_key, study in studies:
        found[case_key].append(study)
    for rows in found.values():
        rows.sort(key=lambda study: study.key)
        rows.sort(key=lambda study: study.started_at or datetime.min, reverse=True)
    return found


async def stacks_of_series(uow: UnitOfWork, series_keys: Iterable[UUID]) -> dict[UUID, list[Stack]]:
    """Current stacks first, most frames first; those that a later one superseded come last and say so."""
    statement = (
        select(Stack)
        .where(col(Stack.series_key).in_(list(series_keys)))
        .order_by(col(Stack.superseded), col(Stack.created_at).desc(), col(Stack.ordinal), col(Stack.key))
    )
    found: dict[UUID, list[Stack]] = defaultdict(list)
    for row in (await uow.session.execute(statement)).scalars():
        found[row.series_key].append(row)
    return found


async def frame_table(uow: UnitOfWork, stack: Stack) -> list[FrameRow]:
    """Every frame of a stack the actor sees, in order."""
    statement = (
        select(col(Frame.key), col(Instance.sop_instance_uid), col(Frame.frame_number), col(Frame.geometry))
        .join(Instance, col(Instance.key) == col(Frame.instance_key))
        .where(col(Frame.key).in_(stack.frame_keys))
    )
    rows = {row[0]: row for row in await uow.session.execute(statement)}
    return [FrameRow(i, *rows[key][1:]) for i, key in enumerate(stack.frame_keys)]


async def frame_source(uow: UnitOfWork, stack: Stack, kind: FrameKind) -> SignedFrames:
    """One signature for all frames of a stack the actor sees."""
    if uow.actor is None:
        raise Unauthenticated()
    expires_at = address_end(uow.settings.frame_url_seconds)
    template = await uow.store.sign_frames(kind, stack.key, expires_at, uow.actor)
    return SignedFrames(template, FRAME_MEDIA_TYPES[kind], expires_at)


async def thumbnail(uow: UnitOfWork, stacks: Sequence[Stack]) -> SignedFrames | None:
    """The preview in the middle of a series' first stack; None where the series holds no pictures."""
    if not stacks:
        return None
    source = await frame_source(uow, stacks[0], "previews")
    middle = str(len(stacks[0].frame_keys) // 2)
    return SignedFrames(source.url_template.replace("{index}", middle), source.media_type, source.expires_at)


def address_end(life: int) -> datetime:
    """At most `life` seconds ahead, at least four fifths of it.

    On a grid, so that whoever asks again within a fifth of the life gets the same address, and a browser finds what it
    keeps under it.
    """
    step = max(1, life // 5)
    return datetime.fromtimestamp((int(now().timestamp()) + life) // step * step, UTC)


@dataclass(frozen=True)
class FrameObject:
    """digest: SHA-256 of the content at ingest; None for previews, and for frames that came before it was kept."""

    name: str
    digest: bytes | None


class FrameObjects:
    """Which object holds a frame of a stack. A stack never changes, so what was read once stays true."""

    def __init__(self, house: House, most_stacks: int = 256) -> None:
        self._house = house
        self._most = most_stacks
        self._known: dict[UUID, list[tuple[str, bytes | None]]] = {}

    async def find(self, leave: FrameLeave, index: int) -> FrameObject | None:
        """For whoever holds a signed address of the stack and may use it still."""
        frames = self._known.get(leave.stack_key)
        if frames is None:
            frames = await self._read(leave)
            while len(self._known) >= self._most:
                self._known.pop(next(iter(self._known)))
            if frames:
                self._known[leave.stack_key] = frames
        if not 0 <= index < len(frames):
            return None
        path, digest = frames[index]
        return FrameObject(f"{leave.kind}/{path}", digest if leave.kind == "frames" else None)

    async def _read(self, leave: FrameLeave) -> list[tuple[str, bytes | None]]:
        async with self._house.unit_of_work(leave.actor) as uow:
            stack = (await find_stacks(uow, [leave.stack_key])).get(leave.stack_key)
            if stack is None:
                return []
            statement = select(Frame).where(col(Frame.key).in_(stack.frame_keys))
            rows = {row.key: row for row in (await uow.session.execute(statement)).scalars()}
        return [
            (f"{row.instance_key}/{row.frame_number}", row.digest) for row in map(rows.__getitem__, stack.frame_keys)
        ]
