"""What clinicians think of an analysis: given, given again, shown, told and refused."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from api import feedback
from api.errors import Conflict
from api.feedback import Agreement, Opinion
from api.permissions import Scope
from api.persistence import tables
from schema.node_ids import node_id
from tests.people import limited
from tests.schema.edge import Edge
from tests.schema.keys import application
from tests.schema.opinions import FIELDS, analysis_of, finding_of, give, listed, said
from tests.schema.reading import CURSOR, comment, id_of
from tests.schema.rows import MadeCase, Rows
from tests.statements import counted_statements

Json = dict[str, Any]

EVENTS = """subscription ($id: ID!, $after: String) { caseEvents(caseId: $id, after: $after) { __typename
  ... on AnalysisProgressed { analysis { id feedback { agreement by { displayName } } } } } }"""
CASES = f"""{{ cases(first: 100) {{ edges {{ node {{ latestAnalysis {{ findings {{ id }}
  feedback {{ {FIELDS} }} }} }} }} }} }}"""


async def test_a_clinician_disagrees_and_colleagues_see_it(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    word = {"findingId": finding_of(made), "correctedLabel": "  Granuloma ", "note": "Calcified"}

    given = await give(edge, made, agreement="DISAGREE", **word)
    seen = await listed(edge, made, "colleague")

    (shown,) = given["analysis"]["feedback"]
    assert given["errors"] == []
    assert given["analysis"]["id"] == analysis_of(made)
    assert (shown["agreement"], shown["correctedLabel"], shown["note"]) == ("DISAGREE", "Granuloma", "Calcified")
    assert (shown["by"], shown["finding"]) == ({"displayName": "Clinician"}, {"id": finding_of(made)})
    assert seen == [shown]


async def test_each_has_one_word_on_each_finding_and_one_on_the_whole(edge: Edge, rows: Rows) -> None:
    made = await rows.case()

    await give(edge, made, agreement="AGREE")
    await give(edge, made, agreement="PARTLY", findingId=finding_of(made))
    await give(edge, made, agreement="DISAGREE", findingId=finding_of(made, 1))
    await give(edge, made, "colleague", "DISAGREE")

    assert await said(edge, made) == [
        ("Clinician", "AGREE", False),
        ("Clinician", "PARTLY", True),
        ("Clinician", "DISAGREE", True),
        ("Colleague", "DISAGREE", False),
    ]


@pytest.mark.parametrize("of_finding", [False, True])
async def test_given_again_it_replaces_what_stood_and_what_stood_is_kept(
    edge: Edge, rows: Rows, of_finding: bool
) -> None:
    made = await rows.case()
    about: Json = {"findingId": finding_of(made)} if of_finding else {}
    await give(edge, made, agreement="DISAGREE", correctedLabel="Granuloma", note="Calcified", **about)

    await give(edge, made, agreement="PARTLY", **about)
    async with edge.house.sessions() as session:
        kept = (await session.execute(select(tables.Feedback).order_by(col(tables.Feedback.version)))).scalars().all()

    (shown,) = await listed(edge, made)
    assert (shown["agreement"], shown["correctedLabel"], shown["note"]) == ("PARTLY", None, None)
    assert [(row.version, row.agreement, row.note) for row in kept] == [
        (1, "DISAGREE", "Calcified"),
        (2, "PARTLY", None),
    ]


async def test_the_same_word_again_changes_nothing(edge: Edge, rows: Rows) -> None:
    made = await rows.case()

    first = await give(edge, made, agreement="AGREE", correctedLabel="Nodule")
    again = await give(edge, made, agreement="AGREE", correctedLabel=" Nodule ")

    assert again == first


async def test_two_phones_at_once_leave_one_word(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await give(edge, made, agreement="PARTLY")

    answers = await asyncio.gather(*(give(edge, made, agreement=word) for word in ("AGREE", "DISAGREE")))
    async with edge.house.sessions() as session:
        versions = (await session.execute(select(col(tables.Feedback.version)))).scalars().all()

    assert [answer["errors"] for answer in answers] == [[], []]
    assert len(await listed(edge, made)) == 1
    assert sorted(versions) == [1, 2, 3]


async def test_feedback_sent_twice_is_given_once(edge: Edge, rows: Rows) -> None:
    made = await rows.case()

    first, again = await asyncio.gather(*(give(edge, made, idempotencyKey="k") for _ in range(2)))
    since = await give(edge, made, agreement="DISAGREE")
    late = await give(edge, made, idempotencyKey="k")
    other = await give(edge, made, agreement="PARTLY", idempotencyKey="k")

    assert first == again
    assert (other["errors"][0]["code"], other["errors"][0]["field"]) == ("CONFLICT", ["idempotencyKey"])
    assert late["errors"] == []
    assert await listed(edge, made) == since["analysis"]["feedback"]


async def test_a_patient_neither_gives_nor_sees_feedback(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "patient", "CONTRIBUTOR")
    await give(edge, made)

    refused = await give(edge, made, "patient")
    async with edge.served.unit_of_work(rows.actor("patient")) as uow:
        shown = await feedback.feedback_of(uow, [made.analysis.key])
    node = await edge.data(
        f"query ($id: ID!) {{ node(id: $id) {{ ... on Analysis {{ feedback {{ {FIELDS} }} }} }} }}",
        {"id": analysis_of(made)},
        "patient",
    )

    assert (refused["errors"][0]["code"], refused["errors"][0]["field"]) == ("NOT_FOUND", ["analysisId"])
    assert shown == {}
    assert node == {"node": None}
    assert await said(edge, made) == [("Clinician", "AGREE", False)]


async def test_an_administrator_who_takes_part_sees_feedback_and_gives_none(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "administrator", "CONTRIBUTOR")
    await give(edge, made)

    refused = await give(edge, made, "administrator")

    assert refused["errors"][0]["code"] == "FORBIDDEN"
    assert await said(edge, made, "administrator") == [("Clinician", "AGREE", False)]


async def test_of_another_organization_only_whoever_may_contribute_gives_feedback(edge: Edge, rows: Rows) -> None:
    made = await rows.case("stranger")

    unknown = await give(edge, made)
    reading = await rows.share(made, "clinician", "READER")
    refused = await give(edge, made)
    await rows.unshare(reading)
    await rows.share(made, "clinician", "CONTRIBUTOR")
    given = await give(edge, made)
    absent: Json = {"analysisId": node_id("Analysis", made.case.key)}

    assert unknown == await give(edge, made, **absent)
    assert (unknown["errors"][0]["code"], unknown["errors"][0]["field"]) == ("NOT_FOUND", ["analysisId"])
    assert refused["errors"][0]["code"] == "FORBIDDEN"
    assert given["errors"] == []


async def test_an_application_reads_feedback_by_its_scope_and_gives_none(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await give(edge, made)
    await application(edge, rows, *Scope)

    refused = await give(edge, made, "application")
    seen = await said(edge, made, "application")
    await application(edge, rows, *(set(Scope) - {Scope.CASES_READ}))
    hidden = await give(edge, made, "application")

    assert refused["errors"][0]["code"] == "FORBIDDEN"
    assert seen == [("Clinician", "AGREE", False)]
    assert hidden["errors"][0]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("given", "code", "field", "says"),
    [
        ({"correctedLabel": " "}, "INVALID", ["correctedLabel"], "at least one character"),
        ({"correctedLabel": "a\0b"}, "INVALID", ["correctedLabel"], "printable"),
        ({"correctedLabel": "x" * 201}, "TOO_LARGE", ["correctedLabel"], "200"),
        ({"note": ""}, "INVALID", ["note"], "at least one character"),
        ({"note": "x" * 4001}, "TOO_LARGE", ["note"], "4,000"),
        ({"idempotencyKey": ""}, "INVALID", ["idempotencyKey"], "characters"),
        ({"analysisId": "x"}, "NOT_FOUND", ["analysisId"], "no such analysis"),
        ({"findingId": "x"}, "NOT_FOUND", ["findingId"], "no such finding"),
    ],
)
async def test_feedback_that_cannot_be_is_refused(
    edge: Edge, rows: Rows, given: Json, code: str, field: list[str], says: str
) -> None:
    made = await rows.case()

    answer = await give(edge, made, **given)

    (error,) = answer["errors"]
    assert (answer["analysis"], error["code"], error["field"]) == (None, code, field)
    assert says in error["message"]
    assert await listed(edge, made) == []


async def test_a_label_of_the_longest_length_may_have_blanks_around_it(edge: Edge, rows: Rows) -> None:
    answer = await give(edge, await rows.case(), correctedLabel="  " + "x" * 200 + "  ")

    assert answer["analysis"]["feedback"][0]["correctedLabel"] == "x" * 200


async def test_a_finding_of_another_analysis_is_refused(edge: Edge, rows: Rows) -> None:
    made, other = await rows.case(), await rows.case()

    answer = await give(edge, made, findingId=finding_of(other))

    assert (answer["errors"][0]["code"], answer["errors"][0]["field"]) == ("NOT_FOUND", ["findingId"])
    assert await listed(edge, other) == []


@pytest.mark.parametrize(
    ("status", "says"),
    [("QUEUED", "has not ended"), ("RUNNING", "has not ended"), ("FAILED", "failed"), ("CANCELLED", "cancelled")],
)
async def test_what_has_no_answer_gets_no_feedback(edge: Edge, rows: Rows, status: str, says: str) -> None:
    made = await rows.case()
    await set_status(edge, made, status)

    answer = await give(edge, made)

    assert (answer["errors"][0]["code"], answer["errors"][0]["field"]) == ("CONFLICT", ["analysisId"])
    assert says in answer["errors"][0]["message"]


async def test_that_images_are_unsuitable_can_be_disagreed_with(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await set_status(edge, made, "UNSUITABLE")

    await give(edge, made, agreement="DISAGREE")

    assert await said(edge, made) == [("Clinician", "DISAGREE", False)]


async def set_status(edge: Edge, made: MadeCase, status: str) -> None:
    async with edge.house.unit_of_work() as uow:
        (await uow.session.get_one(tables.Analysis, made.analysis.key)).status = status


async def test_an_analysis_takes_so_much_feedback_and_no_more(edge: Edge, rows: Rows) -> None:
    made, other = await rows.case(), await rows.case()
    house, actor = limited(edge.served, feedback_per_analysis=2), rows.actor("clinician")
    await give(edge, made, agreement="PARTLY")
    await give(edge, made, agreement="AGREE")

    with pytest.raises(Conflict, match="at most 2 times"):
        async with house.unit_of_work(actor) as uow:
            await feedback.give(uow, made.analysis.key, Opinion(Agreement.DISAGREE))
    async with house.unit_of_work(actor) as uow:
        await feedback.give(uow, other.analysis.key, Opinion(Agreement.DISAGREE))

    assert await said(edge, made) == [("Clinician", "AGREE", False)]
    assert await said(edge, other) == [("Clinician", "DISAGREE", False)]


async def test_feedback_of_many_cases_asks_the_database_a_fixed_number_of_times(edge: Edge, rows: Rows) -> None:
    await _say_all(edge, rows, await rows.case())
    await edge.data(CASES, {}, "clinician")
    with counted_statements(edge.served) as one:
        await edge.data(CASES, {}, "clinician")
    for _ in range(9):
        await _say_all(edge, rows, await rows.case())

    with counted_statements(edge.served) as many:
        found = await edge.data(CASES, {}, "clinician")

    given = [each for edge in found["cases"]["edges"] for each in edge["node"]["latestAnalysis"]["feedback"]]
    assert len(given) == 10 * 6
    assert sum(each["finding"] is not None for each in given) == 10 * 4
    assert all(each["by"]["displayName"] and each["note"] for each in given)
    assert len(many) == len(one), "\n".join(many)


async def _say_all(edge: Edge, rows: Rows, made: MadeCase) -> None:
    """Two people's words on the whole and on both findings, after others that they took back."""
    async with edge.house.unit_of_work() as uow:
        uow.session.add_all(
            tables.Feedback(
                organization_key=made.case.organization_key,
                case_key=made.case.key,
                analysis_key=made.analysis.key,
                finding_key=finding,
                user_key=rows.people[who].key,
                version=version,
                agreement="PARTLY",
                note="As it is",
            )
            for who in ("clinician", "colleague")
            for finding in (None, *(each.key for each in made.findings))
            for version in (1, 2)
        )


async def test_colleagues_hear_of_feedback_at_once_and_patients_never(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "patient")
    after = (await edge.data(CURSOR, {"id": id_of(made)}, "clinician"))["case"]["eventCursor"]

    async with edge.socket("colleague") as colleague, edge.socket("patient") as patient:
        for socket in (colleague, patient):
            await socket.subscribe(EVENTS, {"id": id_of(made), "after": after})
        await give(edge, made, agreement="DISAGREE")
        await give(edge, made, agreement="DISAGREE")  # no news
        await comment(edge, made, "clinician", "For all", audience="EVERYONE")
        told = [await colleague.event() for _ in range(2)]
        first_of_patient = await patient.event()

    assert told[0] == {
        "__typename": "AnalysisProgressed",
        "analysis": {
            "id": analysis_of(made),
            "feedback": [{"agreement": "DISAGREE", "by": {"displayName": "Clinician"}}],
        },
    }
    assert told[1]["__typename"] in {"CaseChanged", "CommentAdded"}
    assert first_of_patient["__typename"] in {"CaseChanged", "CommentAdded"}


async def test_what_clinicians_write_lies_sealed_in_the_database(edge: Edge, rows: Rows) -> None:
    await give(edge, await rows.case(), correctedLabel="Spiculated", note="Right upper lobe")

    async with edge.house.sessions() as session:
        content = (await session.execute(text("select f::text from feedback f"))).scalar_one()

    assert not any(word in content or word.encode().hex() in content for word in ("Spiculated", "upper lobe"))


async def test_feedback_is_audited_and_what_was_refused_too(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "administrator")
    await give(edge, made)
    await give(edge, made, "administrator")
    await give(edge, made, "stranger")

    entry = tables.AuditEntry
    own = col(entry.organization_key) == made.case.organization_key
    statement = select(col(entry.outcome), col(entry.subject_key)).where(
        own, col(entry.action) == "analysis:give_feedback"
    )
    async with edge.house.sessions() as session:
        entries = [tuple(row) for row in await session.execute(statement.order_by(col(entry.at)))]

    assert [outcome for outcome, _ in entries] == ["ok", "refused", "refused"]
    assert entries[0][1] == made.analysis.key


async def test_a_case_removed_for_good_takes_its_feedback_along(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await give(edge, made)
    await give(edge, made, findingId=finding_of(made))

    async with edge.house.unit_of_work() as uow:
        await uow.session.delete(await uow.session.get_one(tables.Case, made.case.key))
    async with edge.house.sessions() as session:
        left = (await session.execute(select(tables.Feedback))).scalars().all()

    assert left == []
