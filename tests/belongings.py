"""Cases of two organizations, one shared across, with rows in every table that hangs on them; and who may see which."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, true
from sqlmodel import col

from api import notifications, permissions, uploads
from api.permissions import Action, Relation
from api.persistence import cases as case_rows
from api.persistence import tables
from api.unit_of_work import House
from tests.deliveries import announce
from tests.people import People
from tests.schema.rows import MadeCase, Rows

OWNERS = {
    "own": "clinician",
    "patient's": "patient",
    "foreign": "stranger",
    "foreign patient's": "strange_patient",
    "shared": "stranger",
}
SEEN: dict[str, set[str]] = {
    "clinician": {"own", "patient's", "shared"},
    "colleague": {"own", "patient's"},
    "partner": {"own", "patient's"},
    "patient": {"patient's", "shared"},
    "other_patient": set(),
    "administrator": set(),
    "stranger": {"foreign", "foreign patient's", "shared"},
    "strange_patient": {"foreign patient's"},
}


@dataclass
class Belongings:
    """made: cases by name. case_of: by the key of a row the name of its case. uploads: by who made them."""

    people: People
    rows: Rows
    made: dict[str, MadeCase] = field(default_factory=dict)
    case_of: dict[UUID, str] = field(default_factory=dict)
    uploads: dict[str, tables.Upload] = field(default_factory=dict)

    def names(self, keys: set[UUID]) -> set[str]:
        """Of the cases to which any of these rows belongs."""
        return {self.case_of[key] for key in keys if key in self.case_of}

    def keys(self, kind: str) -> list[UUID]:
        """Of every case, or of its patient, study, series, stack or analysis."""
        return [getattr(made, kind).key for made in self.made.values()]


async def make_belongings(house: House, people: People) -> Belongings:
    """house: a worker's."""
    rows = Rows(house)
    held = Belongings(people, rows)
    for name in SEEN:
        actor = getattr(people, name)
        rows.people[name] = tables.User(
            key=actor.user_key,
            organization_key=actor.organization_key,
            email=f"{name}@test.example",
            display_name=name,
            role=actor.role.value,
        )
    for name, owner in OWNERS.items():
        held.made[name] = await rows.case(owner, title=f"Case {name}")
    for guest in ("clinician", "patient"):
        await rows.share(held.made["shared"], guest)
    for name, made in held.made.items():
        await _read_together(house, made)
        held.case_of |= dict.fromkeys(await _keys_of(house, made), name)
        async with house.unit_of_work(getattr(people, OWNERS[name])) as uow:
            uow.audit("case:see", made.case.key)
    for name in ("clinician", "patient", "stranger"):
        actor = getattr(people, name)
        held.uploads[name] = await announce(house, actor, {"a.dcm": b"content"}, idempotency_key="announced")
    await _fill_uploads(house, held)
    await _notify(house, held)
    return held


def remove_every_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if whoever wrote the queries and the checks had forgotten them all: everybody owns and sees everything."""
    monkeypatch.setattr(permissions, "relation_to", lambda actor, subject: Relation.OWNER)
    monkeypatch.setattr(case_rows, "known_to", lambda actor, mine=None: true())
    monkeypatch.setattr(case_rows, "every_case", lambda actor: select(tables.Case))
    monkeypatch.setattr(notifications.reading, "visible", lambda actor: select(tables.Notification))
    monkeypatch.setattr(uploads.reading, "_own", lambda uow: select(tables.Upload))


async def _read_together(house: House, made: MadeCase) -> None:
    """A comment, an annotation, feedback on the analysis, a signed reading and what was released of it."""
    of_case: dict[str, Any] = {"organization_key": made.case.organization_key, "case_key": made.case.key}
    review = tables.Review(**of_case, user_key=made.case.created_by, impression="As before.", urgency="ROUTINE")
    async with house.unit_of_work() as uow:
        uow.session.add(tables.Comment(**of_case, author_key=made.case.created_by, audience="EVERYONE", body="Hm."))
        uow.session.add(tables.Annotation(**of_case, author_key=made.case.created_by, kind="POINT", points=[[1, 2]]))
        given: dict[str, Any] = {"analysis_key": made.analysis.key, "user_key": made.case.created_by}
        uow.session.add(tables.Feedback(**of_case, **given, version=1, agreement="AGREE"))
        uow.session.add(review)
        await uow.session.flush()
        uow.session.add(
            tables.Release(**of_case, review_key=review.key, user_key=made.case.created_by, summary="All is well.")
        )


async def _notify(house: House, held: Belongings) -> None:
    """Of each case its owner's notification and mark, and word of something that nobody was told yet."""
    async with house.unit_of_work() as uow:
        for name, made in held.made.items():
            owner = held.rows.people[OWNERS[name]].key
            told: dict[str, Any] = {"user_key": owner, "case_key": made.case.key}
            notification = tables.Notification(
                **told, kind="CASE_SHARED", shown_by=Action.CASE_SEE.value, subject_key=made.case.key
            )
            held.case_of[notification.key] = name
            uow.session.add_all([notification, tables.CaseRead(**told)])
            uow.session.add(
                tables.Notice(topic="CASE_SHARED", case_key=made.case.key, subject_key=made.case.key, actor_key=owner)
            )


async def _keys_of(house: House, made: MadeCase) -> set[UUID]:
    of_series = col(tables.Instance.series_key) == made.series.key
    statements: Sequence[Any] = (
        select(col(tables.Instance.key)).where(of_series),
        select(col(tables.Frame.key)).join(tables.Instance).where(of_series),
        *(
            select(col(table.key)).where(col(table.case_key) == made.case.key)
            for table in (
                *(tables.Participant, tables.Annotation, tables.Feedback),
                *(tables.Comment, tables.Review, tables.Release),
            )
        ),
    )
    own: Sequence[Any] = (made.case, made.patient, made.study, made.series, made.stack, made.analysis, *made.findings)
    keys = {row.key for row in own}
    async with house.sessions() as session:
        for statement in statements:
            keys |= set((await session.execute(statement)).scalars())
    return keys


async def _fill_uploads(house: House, held: Belongings) -> None:
    """What an ingest leaves of an upload: an outcome, a case, a note of a try."""
    cases = {"clinician": "own", "patient": "patient's", "stranger": "foreign"}
    async with house.unit_of_work() as uow:
        for name, upload in held.uploads.items():
            statement = select(tables.UploadFile).where(col(tables.UploadFile.upload_key) == upload.key)
            file = (await uow.session.execute(statement)).scalar_one()
            found = tables.UploadInstance(
                upload_key=upload.key, file_key=file.key, path="a.dcm", outcome="REJECTED", code="CORRUPT"
            )
            uow.session.add(found)
            uow.session.add(tables.UploadCase(upload_key=upload.key, case_key=held.made[cases[name]].case.key))
            uow.session.add(tables.uploads.IngestTry(file_key=file.key, path_digest="00", tries=1))
            uow.session.add(
                tables.Export(
                    organization_key=upload.organization_key,
                    case_key=held.made[cases[name]].case.key,
                    user_key=upload.user_key,
                    with_identity=False,
                )
            )
