"""What each feature shows somebody of the rows that a test made."""

from uuid import UUID

from api import analyses, annotations, cases, comments, feedback, images, notifications, reviews, uploads
from api.events import reading
from api.events.append import Stream
from api.events.cursor import Cursor
from api.persistence.paging import PageRequest
from api.unit_of_work import UnitOfWork
from tests.belongings import Belongings

EVERYTHING = PageRequest(100)


async def everything_shown(uow: UnitOfWork, held: Belongings) -> set[UUID]:
    """Keys of all rows that the features give when they are asked for everything there is."""
    shown = await shown_of_cases(uow, held) | await shown_of_images(uow, held) | await shown_of_analyses(uow, held)
    shown |= {row.key for row in (await uploads.list_uploads(uow, EVERYTHING)).rows}
    for upload in held.uploads.values():
        found = await uploads.find(uow, upload.key)
        shown |= {found.key} if found else set()
        shown |= {upload.key} if await uploads.counts(uow, [upload.key]) else set()
        shown |= {row.key for row in (await uploads.list_cases(uow, upload, EVERYTHING)).rows}
        shown |= {row.upload_key for row in (await uploads.list_files(uow, upload, EVERYTHING, False)).rows}
        shown |= {row.upload_key for row in (await uploads.list_rejections(uow, upload, EVERYTHING)).rows}
    shown |= {row.key for row in (await notifications.list_notifications(uow, EVERYTHING, False)).rows}
    shown |= set(await notifications.unread_comments(uow, held.keys("case")))
    return shown | await shown_of_reading(uow, held) | await shown_of_events(uow, held)


async def shown_of_cases(uow: UnitOfWork, held: Belongings) -> set[UUID]:
    keys = held.keys("case")
    listed = await cases.list_cases(uow, cases.CaseFilter(), cases.CaseOrder.NEWEST, EVERYTHING)
    sought = await cases.list_cases(uow, cases.CaseFilter(text="Case"), cases.CaseOrder.NEWEST, EVERYTHING)
    assert await listed.total() == len(listed.rows)
    shown = {row.key for row in (*listed.rows, *sought.rows)}
    shown |= set(await cases.find_many(uow, keys)) | set(await cases.find_with_subjects(uow, keys))
    shown |= set(await cases.subjects(uow, keys))
    return shown | {participant.key for participant, _ in await cases.participants_of(uow, keys)}


async def shown_of_images(uow: UnitOfWork, held: Belongings) -> set[UUID]:
    studies, series = held.keys("study"), held.keys("series")
    shown = set(await images.find_patients(uow, held.keys("patient"))) | set(await images.find_studies(uow, studies))
    stacks = await images.find_stacks(uow, held.keys("stack"))
    shown |= set(await images.find_series(uow, series)) | set(stacks)
    for found in (
        await images.studies_of_cases(uow, held.keys("case")),
        await images.priors_of_cases(uow, held.keys("case")),
        await images.series_of_studies(uow, studies),
        await images.stacks_of_series(uow, series),
    ):
        shown |= set(found) | {row.key for rows in found.values() for row in rows}
    for subjects in (await images.subjects_of_studies(uow, studies)).values():
        shown |= {subject.case_key for subject in subjects}
    for stack in stacks.values():
        assert len(await images.frame_table(uow, stack)) == len(stack.frame_keys)
    return shown


async def shown_of_analyses(uow: UnitOfWork, held: Belongings) -> set[UUID]:
    shown = {row.key for row in (await analyses.latest_of_cases(uow, held.keys("case"))).values()}
    for found in (await analyses.findings_of(uow, held.keys("analysis"))).values():
        shown |= {row.key for row in found}
    for made in held.made.values():
        shown |= {row.key for row in (await analyses.list_analyses(uow, made.case.key, EVERYTHING)).rows}
    named = [finding.key for made in held.made.values() for finding in made.findings]
    by_id = await analyses.find_many(uow, held.keys("analysis"))
    return shown | set(by_id) | set(await analyses.find_findings(uow, named))


async def shown_of_reading(uow: UnitOfWork, held: Belongings) -> set[UUID]:
    keys = held.keys("case")
    shown: set[UUID] = set()
    for key in keys:
        drawn = {row.key for row in (await annotations.list_annotations(uow, key, EVERYTHING)).rows}
        assert drawn == set(await annotations.find_many(uow, drawn))
        shown |= drawn
        shown |= {row.key for row in (await comments.list_comments(uow, key, EVERYTHING)).rows}
    for words in (await feedback.feedback_of(uow, held.keys("analysis"))).values():
        shown |= {row.key for row in words}
    for found in (await reviews.reviews_of(uow, keys), await reviews.releases_of(uow, keys)):
        shown |= set(found) | {row.key for rows in found.values() for row in rows}
    return shown


async def shown_of_events(uow: UnitOfWork, held: Belongings) -> set[UUID]:
    people = held.people
    streams = [(Stream.CASE, key) for key in held.keys("case")]
    streams += [(Stream.ORGANIZATION, actor.organization_key) for actor in (people.clinician, people.stranger)]
    shown: set[UUID] = set()
    for stream, key in streams:
        for event in await reading.read(uow.session, {stream: key}, Cursor(((stream, 0),)), 1000):
            shown |= {event.row.case_key} if event.row.case_key else set()
    return shown
