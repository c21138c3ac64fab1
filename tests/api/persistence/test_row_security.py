"""Row security under the application's filters: were they all forgotten, nothing of others would appear."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlmodel import col

from api import cases, sharing
from api.events import reading
from api.events.append import Stream, case_changed
from api.events.cursor import Cursor
from api.persistence.tables import Case, Event, Patient, Study
from api.unit_of_work import House, UnitOfWork
from tests.api.persistence.row_rules import PROTECTED
from tests.api.persistence.shown import everything_shown
from tests.belongings import SEEN, Belongings, make_belongings, remove_every_filter
from tests.people import SHARED, make_people
from tests.served import as_api

pytestmark = SHARED


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def held(house: House) -> Belongings:
    return await make_belongings(house, await make_people(house))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(house: House, shared_database_url: str) -> AsyncIterator[House]:
    async with as_api(house, shared_database_url) as served:
        yield served


@pytest.mark.parametrize("name", SEEN)
async def test_with_every_filter_removed_features_show_nothing_of_others(
    api: House, held: Belongings, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove_every_filter(monkeypatch)

    async with api.unit_of_work(getattr(held.people, name)) as uow:
        shown = await everything_shown(uow, held)

    assert held.names(shown) == SEEN[name]
    assert {who for who, upload in held.uploads.items() if upload.key in shown} == {name} & held.uploads.keys()


async def test_without_row_security_the_same_features_would_show_everything(
    house: House, held: Belongings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the test above tests what it says: a worker's eyes, and no filter left."""
    remove_every_filter(monkeypatch)

    async with house.unit_of_work(held.people.other_patient, as_worker=True) as uow:
        shown = await everything_shown(uow, held)

    assert held.names(shown) == set(held.made)
    assert all(upload.key in shown for upload in held.uploads.values())


@pytest.mark.parametrize("name", SEEN)
async def test_a_raw_look_into_every_table_shows_nothing_of_others(api: House, held: Belongings, name: str) -> None:
    actor = getattr(held.people, name)
    seen: set[str] = set()

    async with api.unit_of_work(actor) as uow:
        for table in await readable_tables(uow):
            content = "\n".join((await uow.session.execute(text(f"select t::text from {table} t"))).scalars())
            names = {case for key, case in held.case_of.items() if str(key) in content}
            audited = {"own", "patient's"} if table == "audit_entries" and name == "administrator" else set()
            assert names <= SEEN[name] | audited, table
            others = [upload for who, upload in held.uploads.items() if who != name]
            assert table == "audit_entries" or not any(str(upload.key) in content for upload in others), table
            seen |= names - audited

    assert seen == SEEN[name]


async def test_whoever_is_not_signed_in_sees_no_row_of_a_protected_table(api: House, held: Belongings) -> None:
    async with api.unit_of_work() as uow:
        tables = await readable_tables(uow)
        looked = [table for table in tables if table in PROTECTED]
        filled = [table for table in looked if await uow.session.scalar(text(f"select exists (select 1 from {table})"))]

    assert len(looked) > 20
    assert filled == []


@pytest.mark.parametrize("name", ["clinician", "administrator", "patient"])
async def test_only_administrators_see_the_audit_and_of_their_organization_alone(
    api: House, held: Belongings, name: str
) -> None:
    actor = getattr(held.people, name)

    async with api.unit_of_work(actor) as uow:
        organizations = set((await uow.session.execute(text("select organization_key from audit_entries"))).scalars())

    assert organizations == ({actor.organization_key} if name == "administrator" else set())


NEW = "gen_random_uuid()"
ANALYSIS = (
    "insert into analyses (key, organization_key, case_key, model_name, model_version, status, stage, progress,"
    f" queued_at, scores, warnings) values ({NEW}, {{}}, {{}}, 'm', '1', 'QUEUED', 'WAITING', 0, now(), '[]', '[]')"
)
UPLOAD = (
    'insert into uploads (key, organization_key, user_key, case_key, status, "analyze", progress, created_at,'
    f" expires_at, deaths) values ({NEW}, {{}}, {{}}, {{}}, 'OPEN', true, 0, now(), now(), 0)"
)
REFUSED = {
    "an analysis of another organization's case": ANALYSIS.format(":other", ":foreign"),
    "an analysis of one's own case in another organization's name": ANALYSIS.format(":other", ":own"),
    "oneself among a foreign case's participants": f"""insert into participants (key, case_key, user_key, access, since)
        values ({NEW}, :foreign, :me, 'OWNER', now())""",
    "a comment in another's name": f"""insert into comments (key, organization_key, case_key, author_key, audience,
        body, mentions, anchor, created_at) values
        ({NEW}, :mine, :own, :colleague, 'EVERYONE', '', '[]', '{{}}', now())""",
    "an annotation in another's name": f"""insert into annotations (key, organization_key, case_key, author_key, kind,
        anchor, points, quantities, created_at, updated_at) values
        ({NEW}, :mine, :own, :colleague, 'POINT', '{{}}', '[]', '[]', now(), now())""",
    "an annotation of a foreign case": f"""insert into annotations (key, organization_key, case_key, author_key, kind,
        anchor, points, quantities, created_at, updated_at) values
        ({NEW}, :other, :foreign, :me, 'POINT', '{{}}', '[]', '[]', now(), now())""",
    "another's annotation altered": "update annotations set kind = 'LENGTH' where author_key <> :me",
    "an annotation removed for good": "delete from annotations where case_key = :own",
    "feedback in another's name": f"""insert into feedback (key, organization_key, case_key, analysis_key, user_key,
        version, agreement, at) select {NEW}, organization_key, case_key, key, :colleague, 7, 'AGREE', now()
        from analyses where case_key = :own""",
    "feedback for a foreign case": f"""insert into feedback (key, organization_key, case_key, analysis_key, user_key,
        version, agreement, at) select {NEW}, :other, :foreign, key, :me, 7, 'AGREE', now()
        from analyses where case_key = :own""",
    "feedback altered": "update feedback set agreement = 'DISAGREE' where case_key = :own",
    "feedback removed for good": "delete from feedback where case_key = :own",
    "a signed reading of a foreign case": f"""insert into reviews (key, organization_key, case_key, user_key,
        impression, urgency, signed_at) values ({NEW}, :other, :foreign, :me, '', 'ROUTINE', now())""",
    "a signed reading altered": "update reviews set urgency = 'URGENT' where case_key = :own",
    "an upload in another organization": UPLOAD.format(":other", ":me", "null"),
    "an upload in another's name": UPLOAD.format(":mine", ":colleague", "null"),
    "an upload to a foreign case": UPLOAD.format(":mine", ":me", ":foreign"),
    "a file to another's upload": f"""insert into upload_files (key, upload_key, index, name, size, part_sha256,
        taken_in) values ({NEW}, :upload, 9, 'b', 1, '[]', false)""",
    "an export of a foreign case": f"""insert into exports (key, organization_key, case_key, user_key, with_identity,
        status, left_out, created_at) values ({NEW}, :other, :foreign, :me, true, 'WAITING', 0, now())""",
    "an answer to another's mutation": """insert into idempotency_keys (user_key, mutation, idempotency_key,
        input_digest, result, created_at) values (:colleague, 'm', 'k', '', '{}', now())""",
    "a notification of one's own making": f"""insert into notifications (key, user_key, case_key, kind, shown_by,
        subject_key, count, at) values ({NEW}, :me, :own, 'MENTION', 'case:see', {NEW}, 1, now())""",
    "another's notification read": "update notifications set read_at = now() where user_key <> :me",
    "a notification moved to another case": "update notifications set case_key = :foreign where user_key = :me",
    "a notice in another's name": f"""insert into notices (key, topic, case_key, subject_key, actor_key, at)
        values ({NEW}, 'COMMENT_ADDED', :own, {NEW}, :colleague, now())""",
    "a notice of a foreign case": f"""insert into notices (key, topic, case_key, subject_key, actor_key, at)
        values ({NEW}, 'COMMENT_ADDED', :foreign, {NEW}, :me, now())""",
    "a notice looked at": "select topic from notices",
    "another's mark in a case": """insert into case_reads (user_key, case_key, read_at)
        values (:colleague, :own, now())""",
    "a mark in a foreign case": """insert into case_reads (user_key, case_key, read_at)
        values (:me, :foreign, now())""",
    "a browser of another's": f"""insert into push_subscriptions (key, user_key, session_key, endpoint,
        endpoint_blind, p256dh, auth, number, registered_at, failures)
        values ({NEW}, :colleague, {NEW}, '', 'x', '', '', 0, now(), 0)""",
    "a change of a foreign case": "update cases set title = 'mine now' where key = :foreign",
    "a case moved to another organization": "update cases set organization_key = :other where key = :own",
    "a case deleted for good": "delete from cases where key = :own",
    "an analysis moved to another case": "update analyses set case_key = :foreign where case_key = :own",
    "the end of another's upload": "update uploads set status = 'ABORTED' where key = :upload",
    "a participant of a foreign case removed": "delete from participants where case_key = :foreign",
    "a patient renamed": "update patients set sex = 'F'",
    "a case of one's own making": f"""insert into cases (key, organization_key, title, status, archived, created_by,
        created_at, updated_at) values ({NEW}, :mine, 't', 'READY', false, :me, now(), now())""",
    "an event taken back": "delete from events where stream_key = :own",
    "a stream's counter turned back": "update event_streams set last_number = 0 where stream_key = :own",
    "an audit entry of one's own making": "insert into audit_entries select * from audit_entries",
    "another organization for oneself": "update users set organization_key = :other where key = :me",
    "a person deleted": "delete from users where key = :colleague",
    "a job looked at": "select args from procrastinate_jobs",
    "a worker's role": "set role hilum_worker",
    "row security switched off": "alter table cases disable row level security",
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
async def test_what_is_not_ones_own_is_not_written(api: House, held: Belongings, what: str) -> None:
    me, other = held.people.clinician, held.people.stranger
    given = {
        "me": me.user_key,
        "mine": me.organization_key,
        "other": other.organization_key,
        "colleague": held.people.colleague.user_key,
        "own": held.made["own"].case.key,
        "foreign": held.made["foreign"].case.key,
        "upload": held.uploads["stranger"].key,
    }
    statement = text(REFUSED[what])

    async with api.sessions_of(me)() as session:
        changed, refusal = 0, None
        try:
            done: Any = await session.execute(statement, {name: given[name] for name in statement._bindparams})
            changed = done.rowcount
        except ProgrammingError as error:
            refusal = error.orig
        await session.rollback()

    assert changed == 0
    assert refusal is None or isinstance(refusal, psycopg.errors.InsufficientPrivilege)


async def test_a_guest_writes_in_the_shared_case_and_its_organization_hears_of_it(
    api: House, house: House, held: Belongings
) -> None:
    shared, guest = held.made["shared"].case, held.people.clinician

    async with api.unit_of_work(guest) as uow:
        (await uow.session.get_one(Case, shared.key, with_for_update=True)).urgency = "PRIORITY"
        uow.audit("case:set_urgency", shared.key)
        uow.tell(*case_changed(shared.key, shared.organization_key))

    async with house.sessions() as session:
        assert (await session.get_one(Case, shared.key)).urgency == "PRIORITY"
        told = select(col(Event.number)).where(
            col(Event.stream_key) == shared.organization_key, col(Event.case_key) == shared.key
        )
        assert len((await session.execute(told)).scalars().all()) == 2


async def test_a_guest_takes_themselves_out_of_a_case_and_it_is_told(
    api: House, house: House, held: Belongings
) -> None:
    made = await held.rows.case("stranger")
    own = await held.rows.share(made, "clinician", "CONTRIBUTOR")

    async with api.unit_of_work(held.people.clinician) as uow:
        await sharing.unshare(uow, made.case.key, own.key)

    async with api.unit_of_work(held.people.clinician) as uow:
        assert await cases.find(uow, made.case.key) is None
    async with house.sessions() as session:
        told = select(col(Event.kind)).where(col(Event.stream_key) == made.case.key).order_by(col(Event.number).desc())
        assert (await session.execute(told)).scalars().first() == "ParticipantsChanged"


async def test_a_pooled_connection_forgets_whom_it_served(api: House, held: Belongings) -> None:
    """More of them at once than there are connections, some called off in their midst, nobody among them."""
    names = [*SEEN, None]

    async def look(turn: int) -> None:
        name = names[turn % len(names)]
        async with api.unit_of_work(getattr(held.people, name) if name else None) as uow:
            found = set((await uow.session.execute(select(col(Case.key)))).scalars())
            assert held.names(found) == (SEEN[name] if name else set())

    async def called_off(turn: int) -> None:
        looking = asyncio.create_task(look(turn))
        await asyncio.sleep(0.001 * (turn % 7))
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)

    await asyncio.gather(*(called_off(turn) if turn % 3 == 0 else look(turn) for turn in range(120)))


async def test_each_transaction_of_a_session_has_its_actor(api: House, held: Belongings) -> None:
    async with api.sessions_of(held.people.patient)() as session:
        for end in (session.commit, session.rollback, session.commit):
            found = set((await session.execute(select(col(Case.key)))).scalars())
            assert held.names(found) == SEEN["patient"]
            await end()


async def test_a_savepoint_keeps_the_actor(api: House, held: Belongings) -> None:
    async with api.unit_of_work(held.people.patient) as uow:
        async with uow.session.begin_nested() as savepoint:
            await savepoint.rollback()
        found = set((await uow.session.execute(select(col(Case.key)))).scalars())

    assert held.names(found) == SEEN["patient"]


async def test_a_worker_sees_everything_unless_it_acts_for_somebody(house: House, held: Belongings) -> None:
    async def names(uow: UnitOfWork) -> set[str]:
        return held.names(set((await uow.session.execute(select(col(Case.key)))).scalars()))

    async with house.unit_of_work() as uow:
        assert await names(uow) == set(held.made)
    async with house.unit_of_work(held.people.colleague) as uow:
        assert await names(uow) == SEEN["colleague"]
    async with house.unit_of_work(held.people.colleague, as_worker=True) as uow:
        assert await names(uow) == set(held.made)


async def test_the_api_gains_nothing_by_calling_itself_a_worker(api: House, held: Belongings) -> None:
    async with api.unit_of_work(held.people.clinician, as_worker=True) as uow:
        assert (await uow.session.execute(select(col(Case.key)))).all() == []


async def test_a_patient_follows_an_organization_whose_other_news_are_hidden(
    api: House, house: House, held: Belongings
) -> None:
    """Hidden events are neither shown nor taken for events that are no longer kept, and are passed over once."""
    actor, own, others = held.people.patient, held.made["patient's"].case, held.made["own"].case
    streams = {Stream.ORGANIZATION: actor.organization_key}
    async with api.unit_of_work(actor) as uow:
        start = await reading.newest(uow.session, streams)

    for case in (others, others, own):
        async with house.unit_of_work() as uow:
            uow.tell(*case_changed(case.key, case.organization_key))
    async with api.unit_of_work(actor) as uow:
        await reading.check(uow.session, streams, start)
        await reading.check(uow.session, streams, Cursor(((Stream.ORGANIZATION, 0),)))
    pages = reading.follow(api.sessions_of(actor), api.hub, streams, start, 10)
    async with asyncio.timeout(5):
        page = await anext(pages)

    assert [event.row.case_key for event in page] == [own.key]
    assert page[0].cursor.at(Stream.ORGANIZATION) == start.at(Stream.ORGANIZATION) + 3


async def test_identity_follows_the_case(api: House, held: Belongings) -> None:
    """A patient's row and their studies are seen where a case of theirs is, and not their other ones."""
    shared = held.made["shared"]

    async with api.unit_of_work(held.people.clinician) as uow:
        seen = {
            Patient: set((await uow.session.execute(select(col(Patient.key)))).scalars()),
            Study: set((await uow.session.execute(select(col(Study.key)))).scalars()),
        }

    assert shared.patient.key in seen[Patient]
    assert shared.study.key in seen[Study]
    assert held.made["foreign"].patient.key not in seen[Patient]


async def readable_tables(uow: UnitOfWork) -> list[str]:
    """Tables of which the API's role may read whole rows."""
    statement = text(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
        " and has_table_privilege('hilum_api', oid, 'select') order by 1"
    )
    return list((await uow.session.execute(statement)).scalars())
