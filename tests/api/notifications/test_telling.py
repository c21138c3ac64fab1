"""Who is told of what, and who is not: each kind, once, in one row as long as it is unread."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from api import comments, notifications, reviews, sharing
from api.analyses import writing
from api.analyses.writing import Result
from api.comments import Audience
from api.exports import requesting
from api.exports import running as export_runs
from api.inference.findings import Box, DetectedFinding, Position
from api.notifications import telling
from api.notifications.recipients import CONCERNED
from api.permissions import Role
from api.persistence import tables
from api.persistence.columns import now
from api.persistence.notices import Topic
from api.unit_of_work import House
from tests.deliveries import take_in
from tests.notices import inbox, kinds, tell_all
from tests.people import limited
from tests.schema.rows import MadeCase, Rows
from tests.synthetic_ct import ct_files


def finding(diameter_mm: float) -> DetectedFinding:
    return DetectedFinding(
        label="nodule",
        probability=0.9,
        above_threshold=True,
        frame_index=0,
        box=Box(1, 1, 2, 2),
        diameter_mm=diameter_mm,
        position=Position(0, 0, 0),
    )


async def analysis_ends(house: House, rows: Rows, made: MadeCase, asked_by: str, result: Result) -> UUID:
    analysis = tables.Analysis(
        organization_key=made.case.organization_key,
        case_key=made.case.key,
        stack_key=made.stack.key,
        model_name="lung_nodule",
        model_version="1",
        status="RUNNING",
        stage="INFERRING",
        requested_by=rows.people[asked_by].key,
        queued_at=now(),
    )
    async with house.unit_of_work() as uow:
        uow.session.add(analysis)
    await writing.end(house, analysis.key, result)
    return analysis.key


async def say(house: House, rows: Rows, made: MadeCase, who: str, body: str = "Look", **more: Any) -> tables.Comment:
    given = {"audience": Audience.CLINICIANS} | more
    if "mentions" in given:
        given["mentions"] = [rows.people[name].key for name in given["mentions"]]
    async with house.unit_of_work(rows.actor(who)) as uow:
        return await comments.add(uow, made.case.key, body, **given)


async def told(house: House, rows: Rows) -> dict[str, Sequence[str]]:
    """Kinds in everybody's inbox, by name; those who were told nothing are left out."""
    await tell_all(house)
    found = {name: await kinds(house, rows.actor(name)) for name in rows.people}
    return {name: of for name, of in found.items() if of}


async def test_whoever_asked_for_an_analysis_and_those_who_take_part_hear_of_its_end(house: House, rows: Rows) -> None:
    made = await rows.case("clinician")
    await rows.share(made, "patient")

    await analysis_ends(house, rows, made, "colleague", Result("SUCCEEDED", findings=[finding(3.0)]))

    assert await told(house, rows) == {"clinician": ["ANALYSIS_FINISHED"], "colleague": ["ANALYSIS_FINISHED"]}


@pytest.mark.parametrize("status", ["FAILED", "UNSUITABLE"])
async def test_an_analysis_without_a_result_says_so(house: House, rows: Rows, status: str) -> None:
    made = await rows.case("clinician")

    await analysis_ends(house, rows, made, "clinician", Result(status, failure="The lung of Jane is missing."))

    assert await told(house, rows) == {"clinician": ["ANALYSIS_FAILED"]}


async def test_an_urgent_finding_is_told_to_the_clinicians_who_take_part(house: House, rows: Rows) -> None:
    made = await rows.case("clinician", urgency="ROUTINE")
    await rows.share(made, "administrator")

    await analysis_ends(house, rows, made, "clinician", Result("SUCCEEDED", findings=[finding(20.0)]))

    assert await told(house, rows) == {"clinician": ["URGENT_FINDING"], "administrator": ["ANALYSIS_FINISHED"]}


async def test_an_urgent_finding_in_a_case_without_clinicians_is_told_to_all_of_the_organization(
    house: House, rows: Rows
) -> None:
    made = await rows.case("patient", urgency="ROUTINE")

    await analysis_ends(house, rows, made, "patient", Result("SUCCEEDED", findings=[finding(20.0)]))

    assert await told(house, rows) == {"clinician": ["URGENT_FINDING"], "colleague": ["URGENT_FINDING"]}


async def test_a_case_that_a_reader_set_routine_is_not_called_urgent(house: House, rows: Rows) -> None:
    made = await rows.case("clinician", urgency="ROUTINE")
    async with house.unit_of_work() as uow:
        case = await uow.session.get_one(tables.Case, made.case.key)
        case.urgency_by = rows.people["colleague"].key

    await analysis_ends(house, rows, made, "clinician", Result("SUCCEEDED", findings=[finding(20.0)]))

    assert await told(house, rows) == {"clinician": ["ANALYSIS_FINISHED"]}


async def test_a_cancelled_analysis_is_not_news(house: House, rows: Rows) -> None:
    made = await rows.case("clinician")
    key = await analysis_ends(house, rows, made, "clinician", Result("SUCCEEDED"))
    async with house.unit_of_work() as uow:
        (await uow.session.get_one(tables.Analysis, key)).status = "CANCELLED"

    assert await told(house, rows) == {}


async def test_whoever_is_mentioned_is_told_and_nobody_who_may_not_see_it(house: House, rows: Rows) -> None:
    made = await rows.case("clinician")
    await rows.share(made, "patient")

    await say(house, rows, made, "clinician", mentions=["colleague", "patient", "stranger", "clinician"])

    assert await told(house, rows) == {"colleague": ["MENTION"]}


async def test_a_patient_is_told_of_a_mention_that_is_for_everyone(house: House, rows: Rows) -> None:
    made = await rows.case("clinician")
    await rows.share(made, "patient")

    await say(house, rows, made, "clinician", audience=Audience.EVERYONE, mentions=["patient"])

    assert await told(house, rows) == {"patient": ["MENTION"]}


async def test_a_reply_is_told_to_those_who_talk_and_a_mention_in_it_is_a_mention(house: House, rows: Rows) -> None:
    made = await rows.case("clinician")
    await rows.share(made, "stranger")
    asked = await say(house, rows, made, "clinician")
    await say(house, rows, made, "colleague", reply_to=asked.key)
    await tell_all(house)

    await say(house, rows, made, "stranger", reply_to=asked.key, mentions=["colleague"])

    assert await told(house, rows) == {"clinician": ["REPLY"], "colleague": ["MENTION"]}
    assert (await inbox(house, rows.actor("clinician")))[0].count == 2


async def test_a_comment_that_was_deleted_before_anybody_was_told_is_not_told(house: House, rows: Rows) -> None:
    made = await rows.case("clinician")
    comment = await say(house, rows, made, "clinician", mentions=["colleague"])
    async with house.unit_of_work() as uow:
        (await uow.session.get_one(tables.Comment, comment.key)).deleted_at = now()

    assert await told(house, rows) == {}


async def test_whoever_a_case_is_shared_with_is_told_once(house: House, rows: Rows) -> None:
    made = await rows.case("clinician")
    shared: dict[str, Any] = {"email": None, "note": None, "idempotency_key": None}
    async with house.unit_of_work(rows.actor("clinician")) as uow:
        await sharing.share(uow, made.case.key, rows.people["colleague"].key, access="READER", **shared)
    async with house.unit_of_work(rows.actor("clinician")) as uow:
        await sharing.share(uow, made.case.key, rows.people["colleague"].key, access="CONTRIBUTOR", **shared)
    async with house.unit_of_work(rows.actor("clinician")) as uow:
        await sharing.share(uow, made.case.key, None, "stranger@test.example", "READER", None, None)

    assert await told(house, rows) == {"colleague": ["CASE_SHARED"], "stranger": ["CASE_SHARED"]}
    assert (await inbox(house, rows.actor("colleague")))[0].count == 1


async def test_what_was_shared_with_an_address_is_told_once_there_is_an_account(house: House, rows: Rows) -> None:
    made = await rows.case("clinician")
    async with house.unit_of_work(rows.actor("clinician")) as uow:
        await sharing.share(uow, made.case.key, None, "new@test.example", "READER", None, None)
    assert await told(house, rows) == {}
    rows.people["new"] = tables.User(
        organization_key=rows.people["stranger"].organization_key,
        email="new@test.example",
        display_name="New",
        role=Role.CLINICIAN.value,
    )
    async with house.unit_of_work() as uow:
        uow.session.add(rows.people["new"])

    await sharing.attach(house, rows.people["new"].key)
    await sharing.attach(house, rows.people["new"].key)

    assert await told(house, rows) == {"new": ["CASE_SHARED"]}


async def test_a_signed_reading_is_told_to_readers_and_its_release_to_the_patient(house: House, rows: Rows) -> None:
    made = await rows.case("clinician")
    for who in ("patient", "stranger"):
        await rows.share(made, who)

    async with house.unit_of_work(rows.actor("clinician")) as uow:
        await reviews.sign(uow, made.case.key, "A nodule.", None, "ROUTINE", "All is well.", None)

    assert await told(house, rows) == {"patient": ["RESULT_RELEASED"], "stranger": ["REVIEW_SIGNED"]}


async def test_a_result_that_was_withdrawn_is_no_longer_told(house: House, rows: Rows) -> None:
    made = await rows.case("clinician")
    await rows.share(made, "patient")
    async with house.unit_of_work(rows.actor("clinician")) as uow:
        review = await reviews.sign(uow, made.case.key, "A nodule.", None, "ROUTINE", "All is well.", None)
    await tell_all(house)

    async with house.unit_of_work(rows.actor("clinician")) as uow:
        await reviews.withdraw(uow, review.key)

    async with house.unit_of_work(rows.actor("patient")) as uow:
        assert await notifications.count_unread(uow) == 0
    assert await kinds(house, rows.actor("patient")) == ["RESULT_RELEASED"]


async def test_an_export_that_is_ready_is_told_to_whoever_asked(house: House, rows: Rows) -> None:
    case = (await take_in(house, rows.actor("clinician"), ct_files(2))).case
    async with house.unit_of_work(rows.actor("colleague")) as uow:
        export = await requesting.request(uow, case.key, False, None)

    await export_runs.run(house, export.key)

    assert (await told(house, rows))["colleague"] == ["EXPORT_READY"]


async def test_an_export_that_failed_is_not_said_to_be_ready(house: House, rows: Rows) -> None:
    made = await rows.case("clinician")
    async with house.unit_of_work(rows.actor("clinician")) as uow:
        export = await requesting.request(uow, made.case.key, False, None)

    await export_runs.give_up(house, export.key)

    assert await told(house, rows) == {}


async def test_fifty_replies_are_one_row_until_it_is_read(house: House, rows: Rows) -> None:
    made = await rows.case("clinician")
    asked = await say(house, rows, made, "clinician")
    for _ in range(50):
        last = await say(house, rows, made, "colleague", reply_to=asked.key)
    await tell_all(house)

    (row,) = await inbox(house, rows.actor("clinician"))
    async with house.unit_of_work(rows.actor("clinician")) as uow:
        await notifications.mark_notifications(uow, [row.key])
    await say(house, rows, made, "colleague", reply_to=asked.key)
    await tell_all(house)

    assert (row.count, row.subject_key) == (50, last.key)
    assert row.at >= last.created_at
    assert notifications.text_of(notifications.NotificationKind.REPLY, row.count) == "50 replies in a discussion."
    assert [again.count for again in await inbox(house, rows.actor("clinician"))] == [50, 1]


async def test_a_job_that_runs_twice_tells_once(house: House, rows: Rows) -> None:
    made = await rows.case("clinician")
    await say(house, rows, made, "clinician", mentions=["colleague"])
    async with house.sessions() as session:
        (key,) = (await session.execute(text("select key from notices"))).scalars()

    for _ in range(2):
        await telling.tell(house, key)

    assert [row.count for row in await inbox(house, rows.actor("colleague"))] == [1]


async def test_a_job_that_dies_before_its_commit_has_told_nothing(
    house: House, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await rows.case("clinician")
    await say(house, rows, made, "clinician", mentions=["colleague"])

    async def die(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr("api.unit_of_work.append", die)
        with pytest.raises(ConnectionError):
            await tell_all(house)
    assert await kinds(house, rows.actor("colleague")) == []

    assert await told(house, rows) == {"colleague": ["MENTION"]}


async def test_word_and_its_job_are_left_in_the_transaction_of_what_happened(house: House, rows: Rows) -> None:
    made = await rows.case("clinician")

    async def fall() -> None:
        async with house.unit_of_work(rows.actor("clinician")) as uow:
            await comments.add(uow, made.case.key, "Look", Audience.EVERYONE)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fall()
    async with house.sessions() as session:
        left = (
            await session.execute(
                text("select (select count(*) from notices), (select count(*) from procrastinate_jobs)")
            )
        ).one()

    assert tuple(left) == (0, 0)


async def test_an_account_that_is_disabled_is_told_nothing(house: House, rows: Rows) -> None:
    made = await rows.case("clinician")
    await say(house, rows, made, "clinician", mentions=["colleague"])
    async with house.unit_of_work() as uow:
        (await uow.session.get_one(tables.User, rows.people["colleague"].key)).disabled = True

    assert await told(house, rows) == {}


async def test_a_case_that_was_deleted_is_told_to_nobody(house: House, rows: Rows) -> None:
    made = await rows.case("clinician")
    await say(house, rows, made, "clinician", mentions=["colleague"])
    async with house.unit_of_work() as uow:
        (await uow.session.get_one(tables.Case, made.case.key)).deleted_at = now()

    assert await told(house, rows) == {}


async def test_of_one_thing_no_more_people_are_told_than_the_setting_says(house: House, rows: Rows) -> None:
    made = await rows.case("patient", urgency="ROUTINE")

    await analysis_ends(house, rows, made, "patient", Result("SUCCEEDED", findings=[finding(20.0)]))
    await tell_all(limited(house, notification_people=1))

    assert len(await told(house, rows)) == 1


async def test_every_topic_has_its_row() -> None:
    assert set(CONCERNED) == set(Topic)


async def test_no_text_says_more_than_a_lock_screen_may() -> None:
    for kind in notifications.NotificationKind:
        for count in (1, 3):
            assert len(notifications.text_of(kind, count)) < 60
