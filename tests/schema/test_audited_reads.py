"""Every read of patient data and every refusal is recorded before the answer goes; once an operation, without names."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import OperationalError

from api.events.append import Stream
from api.events.cursor import Cursor
from api.persistence.audit import writing
from api.persistence.audit.entries import Service
from api.persistence.tables import SYSTEM_ORGANIZATION
from api.unit_of_work import House
from schema import reads
from schema.node_ids import node_id
from tests.audit import acts_of, entries_of
from tests.schema.edge import Edge
from tests.schema.rows import MadeCase, Rows

NODE = "query($id: ID!) { node(id: $id) { id } }"
CASE = "query($id: ID!) { case(id: $id) { title } }"
CASE_EVENTS = (
    "subscription($id: ID!, $after: String) { caseEvents(caseId: $id, after: $after) { cursor case { title } } }"
)
DELETE = """mutation($id: ID!) { deleteCase(input: { caseId: $id, reason: "twice" }) { ok errors { code } } }"""


async def acts(rows: Rows, who: str, of: str = "clinician") -> list[tuple[str, UUID | None, str]]:
    """What `who` did, in the chain of the organization of `of`."""
    chain = rows.people[of].organization_key
    return await acts_of(rows.house, chain, rows.people[who].key)


def case_id(made: MadeCase) -> dict[str, str]:
    return {"id": node_id("Case", made.case.key)}


def from_the_start(made: MadeCase) -> dict[str, str]:
    """The first event of a case tells that it was made."""
    return case_id(made) | {"after": str(Cursor(((Stream.CASE, 0),)))}


async def test_a_case_that_is_opened_is_one_entry_however_often_it_is_named(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    query = "query($id: ID!) { case(id: $id) { title } again: case(id: $id) { status } node(id: $id) { id } }"

    await edge.data(query, case_id(made), "clinician")

    assert await acts(rows, "clinician") == [("case:see", made.case.key, "ok")]
    (entry,) = await entries_of(rows.house, made.case.organization_key)
    assert (entry.subject_kind, entry.address) == ("Case", "127.0.0.1")
    assert entry.trace_id is not None
    assert len(entry.trace_id) == 32


async def test_a_worklist_is_an_entry_for_each_case_that_it_shows(edge: Edge, rows: Rows) -> None:
    shown = {(await rows.case()).case.key for _ in range(3)}

    await edge.data("{ cases(first: 3) { edges { node { id title eventCursor } } } }", who="clinician")

    assert {(action, key) for action, key, _ in await acts(rows, "clinician")} == {("case:list", key) for key in shown}


async def test_what_is_more_than_the_case_has_entries_of_its_own(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    query = """query($id: ID!) { case(id: $id) { patient { name } latestAnalysis { findings { label } }
      analyses { edges { node { id } } }
      studies { patient { name } series {
        thumbnail { url } stacks { frames { urlTemplate } previews { urlTemplate } } } }
    } }"""

    await edge.data(query, case_id(made), "clinician")

    assert set(await acts(rows, "clinician")) == {
        ("case:see", made.case.key, "ok"),
        ("case:see_identity", made.patient.key, "ok"),
        ("case:see_analyses", made.analysis.key, "ok"),
        ("series:open", made.series.key, "ok"),
    }
    assert len(await acts(rows, "clinician")) == 4


async def test_identity_that_is_not_shown_is_not_said_to_be(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "patient")

    query = "query($id: ID!) { case(id: $id) { title patient { name } latestAnalysis { id } } }"
    await edge.data(query, case_id(made), "patient")

    assert set(await acts(rows, "patient")) == {
        ("case:see", made.case.key, "ok"),
        ("case:see_identity", made.patient.key, "ok"),
    }


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("Case", "case:see"),
        ("Patient", "case:see_identity"),
        ("Study", "study:see"),
        ("Series", "series:see"),
        ("Stack", "stack:see"),
        ("Analysis", "case:see_analyses"),
    ],
)
async def test_a_thing_asked_for_by_its_id_is_recorded_as_shown_refused_or_missing(
    edge: Edge, rows: Rows, kind: str, action: str
) -> None:
    made = await rows.case()
    key, nothing = getattr(made, kind.lower()).key, uuid4()

    for who in ("clinician", "administrator", "stranger"):
        await edge.data(NODE, {"id": node_id(kind, key)}, who)
    await edge.data(NODE, {"id": node_id(kind, nothing)}, "clinician")

    assert await acts(rows, "clinician") == [(action, key, "ok"), (action, nothing, "missing")]
    assert await acts(rows, "administrator") == [(action, key, "refused")]
    assert await acts(rows, "stranger") == [(action, key, "refused")], "whose it is learns of it"
    assert await acts(rows, "stranger", of="stranger") == [(action, key, "missing")], "the others do not"


async def test_an_id_of_another_organization_is_recorded_like_one_that_never_was(edge: Edge, rows: Rows) -> None:
    made = await rows.case()

    for key in (made.case.key, uuid4()):
        assert (await edge.data(CASE, {"id": node_id("Case", key)}, "stranger"))["case"] is None

    own = await acts(rows, "stranger", of="stranger")
    assert [(action, outcome) for action, _, outcome in own] == [("case:see", "missing")] * 2


async def test_a_mutation_that_is_refused_is_recorded(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    nothing = node_id("Case", uuid4())

    await edge.data(DELETE, case_id(made), "colleague")
    await edge.data(DELETE, case_id(made), "administrator")
    await edge.data(DELETE, {"id": nothing}, "clinician")

    assert await acts(rows, "colleague") == [("case:delete", made.case.key, "refused")]
    assert await acts(rows, "administrator") == [("case:delete", made.case.key, "refused")]
    assert [(action, outcome) for action, _, outcome in await acts(rows, "clinician")] == [("case:delete", "missing")]


async def test_what_somebody_makes_up_for_an_id_is_not_written_into_the_trail(edge: Edge, rows: Rows) -> None:
    await rows.case()

    for made_up in (node_id("John Doe 1970", uuid4()), "John Doe", node_id("Case", "John Doe")):
        await edge.data(DELETE, {"id": made_up}, "clinician")
        await edge.data(NODE, {"id": made_up}, "clinician")

    entries = await entries_of(rows.house, rows.people["clinician"].organization_key)
    assert [(entry.action, entry.outcome, entry.subject_key) for entry in entries] == [
        ("case:delete", "missing", None)
    ] * 3
    assert not any("Doe" in str(entry.model_dump()) for entry in entries)


async def test_a_mutation_is_recorded_with_what_its_payload_shows(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    rename = """mutation($id: ID!) { updateCase(input: { caseId: $id, title: "New" }) { case { title } } }"""

    await edge.data(rename, case_id(made), "clinician")

    assert await acts(rows, "clinician") == [("case:update", made.case.key, "ok"), ("case:see", made.case.key, "ok")]


async def test_file_names_of_an_upload_are_a_read_of_it(edge: Edge, rows: Rows) -> None:
    create = """mutation { createUpload(input: { files: [{ name: "Doe^Jane.dcm", size: 4 }] }) { upload { id } } }"""
    upload_id = (await edge.data(create, who="clinician"))["createUpload"]["upload"]["id"]
    before = len(await acts(rows, "clinician"))

    await edge.data("query($id: ID!) { node(id: $id) { ... on Upload { status } } }", {"id": upload_id}, "clinician")
    files = "query($id: ID!) { node(id: $id) { ... on Upload { files { edges { node { name } } } } } }"
    await edge.data(files, {"id": upload_id}, "clinician")

    assert [action for action, _, _ in (await acts(rows, "clinician"))[before:]] == ["upload:see"]


async def test_an_answer_that_cannot_be_recorded_is_not_sent(
    edge: Edge, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await rows.case(title="Secret")

    async def fails(*arguments: object) -> None:
        raise OperationalError("select", {}, Exception("the disk is full"))

    monkeypatch.setattr(writing, "append_alone", fails)
    answer = await edge.ask(CASE, case_id(made), "clinician")
    async with edge.socket("clinician") as socket:
        await socket.subscribe(CASE, case_id(made), id="1")
        over_socket = await socket.receive()
        await socket.subscribe(CASE_EVENTS, from_the_start(made), id="2")
        event = await socket.receive()

    assert answer.get("data") is None
    for told in (answer, over_socket, event):
        assert "UNAVAILABLE" in str(told)
        assert "Secret" not in str(told)


async def test_each_event_of_a_subscription_is_recorded_before_it_goes(
    edge: Edge, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "BURST_SECONDS", 0.0)
    made = await rows.case()

    async with edge.socket("clinician") as socket:
        await socket.subscribe(CASE_EVENTS, from_the_start(made))
        for number in (1, 2, 3):
            await socket.event()
            assert await acts(rows, "clinician") == [("case:see", made.case.key, "ok")] * number
            await rows.change_case(made, f"Title {number}")


async def test_news_of_one_case_is_one_entry_a_subscriber_and_minute(edge: Edge, rows: Rows) -> None:
    made = await rows.case()

    async with edge.socket("clinician") as socket:
        await socket.subscribe(CASE_EVENTS, from_the_start(made))
        for number in (1, 2, 3):
            await socket.event()
            await rows.change_case(made, f"Title {number}")

    assert await acts(rows, "clinician") == [("case:see", made.case.key, "ok")]


async def test_a_subscription_to_what_one_may_not_see_is_recorded(edge: Edge, rows: Rows) -> None:
    made = await rows.case()

    async with edge.socket("patient") as socket:
        await socket.subscribe(CASE_EVENTS, case_id(made))
        await socket.receive()

    assert ("case:see", made.case.key, "refused") in await acts(rows, "patient")


async def test_whoever_is_not_signed_in_is_one_entry_an_address_and_minute(edge: Edge, rows: Rows) -> None:
    made = await rows.case()

    for _ in range(4):
        await edge.ask(CASE, case_id(made))
    await edge.ask(DELETE, case_id(made))

    told = await acts_of(rows.house, SYSTEM_ORGANIZATION, Service.ANONYMOUS.key)
    own = await acts_of(rows.house, made.case.organization_key, Service.ANONYMOUS.key)
    assert told.count(("case:see", None, "refused")) in (1, 2), "two where a minute ended meanwhile"
    assert [(action, outcome) for action, _, outcome in own] == [("case:delete", "refused")]


async def test_looking_for_the_administration_without_being_an_administrator_is_recorded(
    edge: Edge, rows: Rows
) -> None:
    assert (await edge.data("{ administration { __typename } }", who="clinician"))["administration"] is None

    assert await acts(rows, "clinician") == [("administration:see", None, "refused")]


async def test_searching_leaves_no_trace_of_what_was_searched(edge: Edge, rows: Rows, house: House) -> None:
    await rows.case(title="Marker Zyx")

    search = """{ cases(filter: { text: "zyx" }) { edges { node { title patient { name } } } } }"""
    found = await edge.data(search, who="clinician")

    assert len(found["cases"]["edges"]) == 1
    entries = await entries_of(house, rows.people["clinician"].organization_key)
    assert entries != []
    assert not any("zyx" in str(entry.model_dump()).lower() for entry in entries)
