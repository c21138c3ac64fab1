"""Signed reviews, their releases to the patient, and the urgency they set."""

import pytest

from tests.schema.edge import Edge, Json
from tests.schema.reading import ARCHIVE, NODE, RELEASE, URGENCY, WITHDRAW, id_of, seen, share, sign
from tests.schema.rows import MadeCase, Rows


async def test_a_signed_review_marks_the_case_and_sets_its_urgency(edge: Edge, rows: Rows) -> None:
    made = await rows.case()

    review = (await sign(edge, made, urgency="PRIORITY", recommendation="CT in 6 months"))["review"]

    assert review["case"]["status"] == "REVIEWED"
    assert (review["release"], review["addenda"], review["by"]["displayName"]) == (None, [], "Clinician")
    found = await seen(edge, made, "colleague")
    assert found is not None
    assert (found["urgency"], [one["id"] for one in found["reviews"]]) == ("PRIORITY", [review["id"]])


async def test_a_patient_sees_nothing_before_a_release_and_nothing_after_its_withdrawal(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "patient")
    hidden: Json = {"urgency": None, "releases": [], "reviews": [], "latestAnalysis": None}
    review = (await sign(edge, made))["review"]["id"]
    before = await seen(edge, made, "patient")

    released = (await edge.data(RELEASE, {"id": review, "summary": "All is well."}, "clinician"))["releaseReview"]
    between = await seen(edge, made, "patient")
    twice = (await edge.data(RELEASE, {"id": review, "summary": "Again"}, "clinician"))["releaseReview"]
    withdrawn = (await edge.data(WITHDRAW, {"id": review}, "clinician"))["withdrawRelease"]
    after = await seen(edge, made, "patient")
    again = (await edge.data(WITHDRAW, {"id": review}, "clinician"))["withdrawRelease"]

    assert released["review"]["release"]["summary"] == "All is well."
    assert before is not None
    assert before == before | hidden
    assert before["analyses"] == {"totalCount": 0}
    assert between is not None
    assert between["releases"] == [{"summary": "All is well.", "by": {"displayName": "Clinician"}}]
    assert (between["urgency"], between["reviews"], between["latestAnalysis"]) == ("ROUTINE", [], None)
    assert twice["errors"][0]["code"] == again["errors"][0]["code"] == "CONFLICT"
    assert withdrawn["review"]["release"]["withdrawnAt"]
    assert after is not None
    assert after == after | hidden
    kept = await seen(edge, made, "colleague")
    assert kept is not None
    assert [one["summary"] for one in kept["releases"]] == ["All is well."], "that it was released stays known"
    assert (await edge.data(NODE, {"id": review}, "patient"))["node"] is None


async def test_a_summary_is_released_with_the_signature(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "patient")

    await sign(edge, made, patientSummary="Nothing to fear.")

    found = await seen(edge, made, "patient")
    assert found is not None
    assert found["releases"][0]["summary"] == "Nothing to fear."


@pytest.mark.parametrize("who", ["patient", "administrator", "stranger"])
async def test_only_clinicians_of_the_case_sign_release_and_share(edge: Edge, rows: Rows, who: str) -> None:
    made = await rows.case()
    review = (await sign(edge, made))["review"]["id"]
    if who != "stranger":
        await rows.share(made, who)
    expected = "NOT_FOUND" if who == "stranger" else "FORBIDDEN"
    of_review = "FORBIDDEN" if who == "administrator" else "NOT_FOUND"  # of reviews a patient knows nothing

    answers = [
        (await sign(edge, made, who))["errors"],
        (await edge.data(RELEASE, {"id": review, "summary": "x"}, who))["releaseReview"]["errors"],
        (await edge.data(WITHDRAW, {"id": review}, who))["withdrawRelease"]["errors"],
        (await share(edge, made, who, email="a@b.example"))["errors"],
        (await edge.data(URGENCY, {"id": id_of(made), "urgency": "ROUTINE"}, who))["setUrgency"]["errors"],
    ]

    codes = [errors[0]["code"] for errors in answers]
    assert codes == [expected, of_review, of_review, expected, expected]


async def test_urgency_that_a_reader_set_shows_to_colleagues(edge: Edge, rows: Rows) -> None:
    made = await rows.case(urgency="URGENT")

    answer = (await edge.data(URGENCY, {"id": id_of(made), "urgency": "ROUTINE"}, "colleague"))["setUrgency"]

    assert answer == {"case": {"urgency": "ROUTINE"}, "errors": []}


async def test_a_case_that_was_read_is_still_so_when_it_comes_back_from_the_archive(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await sign(edge, made)

    kept = [
        (await edge.data(ARCHIVE, {"id": id_of(made), "archived": archived}, "clinician"))["updateCase"]["case"][
            "status"
        ]
        for archived in (True, False)
    ]

    assert kept == ["ARCHIVED", "REVIEWED"]


async def test_a_patient_reads_the_urgency_of_what_was_released(edge: Edge, rows: Rows) -> None:
    """A later review, and what a colleague sets, are the clinicians' until they are released too."""
    made = await rows.case()
    await rows.share(made, "patient")
    await sign(edge, made, urgency="ROUTINE", patientSummary="All is well.")
    later = (await sign(edge, made, urgency="URGENT"))["review"]["id"]
    told = [await urgency_seen(edge, made)]
    await edge.data(URGENCY, {"id": id_of(made), "urgency": "PRIORITY"}, "colleague")
    told.append(await urgency_seen(edge, made))
    await edge.data(RELEASE, {"id": later, "summary": "Please come in today."}, "clinician")
    told.append(await urgency_seen(edge, made))
    await edge.data(WITHDRAW, {"id": later}, "clinician")
    told.append(await urgency_seen(edge, made))

    assert told == ["ROUTINE", "ROUTINE", "URGENT", "ROUTINE"]
    colleagues = await seen(edge, made, "colleague")
    assert colleagues is not None
    assert colleagues["urgency"] == "PRIORITY"


async def urgency_seen(edge: Edge, made: MadeCase) -> str | None:
    found = await seen(edge, made, "patient")
    assert found is not None
    urgency: str | None = found["urgency"]
    return urgency
