"""Sharing a case with colleagues and with doctors of other organizations, and ending it."""

from api.persistence import tables
from schema.node_ids import node_id
from tests.audit import acts_of
from tests.schema.edge import Edge
from tests.schema.reading import PARTICIPANTS, UNSHARE, comment, id_of, listen, next_of, seen, share
from tests.schema.rows import Rows


async def test_a_doctor_of_another_organization_sees_exactly_the_shared_case(edge: Edge, rows: Rows) -> None:
    made, other = await rows.case(), await rows.case()
    assert await seen(edge, made, "stranger") is None

    shared = await share(edge, made, email="Stranger@Test.example ")

    assert shared["participant"]["email"] == "stranger@test.example"
    assert shared["participant"]["user"] is None, "whether there is such an account elsewhere is not told"
    assert await seen(edge, made, "stranger") is not None
    assert await seen(edge, other, "stranger") is None
    unknown = await share(edge, made, email="nobody@test.example")
    assert unknown["participant"] == shared["participant"] | {
        "id": unknown["participant"]["id"],
        "email": "nobody@test.example",
    }


async def test_ending_a_share_ends_what_the_guest_listens_to(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    shared = await share(edge, made, email="stranger@test.example")

    async with edge.socket("stranger") as socket:
        await listen(edge, socket, made, "stranger")
        await comment(edge, made, "clinician", "Welcome")
        assert (await next_of(socket, "CommentAdded"))["comment"]["body"] == "Welcome"
        ended = await edge.data(UNSHARE, {"case": id_of(made), "participant": shared["participant"]["id"]}, "clinician")
        while (message := await socket.receive())["type"] == "next":
            assert "errors" not in message["payload"] or message["payload"]["errors"]
            if "errors" in message["payload"]:
                break

    told = message["payload"]["errors"] if isinstance(message["payload"], dict) else message["payload"]
    assert told[0]["extensions"]["code"] == "NOT_FOUND"
    assert ended["unshareCase"]["case"]["participants"] == [{"access": "OWNER"}]
    assert await seen(edge, made, "stranger") is None


async def test_sharing_again_changes_the_access_and_the_last_owner_stays(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    colleague, clinician = (node_id("User", rows.people[name].key) for name in ("colleague", "clinician"))

    reader = await share(edge, made, userId=colleague, access="CONTRIBUTOR")
    by_colleague = await share(edge, made, "colleague", userId=colleague, access="OWNER")
    last = await share(edge, made, userId=clinician, access="READER")
    owner = await share(edge, made, userId=colleague, access="OWNER")
    now_free = await share(edge, made, userId=clinician, access="READER")

    assert reader["participant"]["user"] == {"displayName": "Colleague"}
    assert by_colleague["errors"] == [{"code": "FORBIDDEN", "field": ["access"]}]
    assert last["errors"][0]["code"] == "CONFLICT"
    assert owner["participant"]["id"] == reader["participant"]["id"]
    assert now_free["errors"] == []


async def test_whoever_was_invited_before_they_had_an_account_takes_part_once(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    invited = await share(edge, made, email="late@test.example")
    late = tables.User(
        organization_key=rows.people["stranger"].organization_key,
        email="late@test.example",
        display_name="Late",
        role="CLINICIAN",
    )
    async with rows.house.unit_of_work() as uow:
        uow.session.add(late)
    edge.people["late"] = late.key

    again = await share(edge, made, email="late@test.example")
    participants = await edge.data(PARTICIPANTS, {"id": id_of(made)}, "clinician")

    assert again["participant"] == invited["participant"], "nor is it told that there is an account now"
    assert [one["email"] for one in participants["case"]["participants"]] == [None, "late@test.example"]
    assert await seen(edge, made, "late") is not None


async def test_an_owner_is_not_made_by_an_address(edge: Edge, rows: Rows) -> None:
    answer = await share(edge, await rows.case(), email="nobody@test.example", access="OWNER")

    assert answer["errors"] == [{"code": "INVALID", "field": ["access"]}]


async def test_a_patient_is_not_named_in_what_is_between_clinicians(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    await rows.share(made, "patient")
    mention = f"@[{node_id('User', rows.people['patient'].key)}] will call"

    hidden = await comment(edge, made, "clinician", mention)
    shown = await comment(edge, made, "clinician", mention, audience="EVERYONE")

    assert hidden["comment"]["mentions"] == []
    assert shown["comment"]["mentions"] == [{"displayName": "Patient"}]


async def test_sharing_and_its_end_are_recorded_apart(edge: Edge, rows: Rows) -> None:
    made = await rows.case()
    shared = await share(edge, made, email="nobody@test.example")
    await edge.data(UNSHARE, {"case": id_of(made), "participant": shared["participant"]["id"]}, "clinician")

    acts = await acts_of(rows.house, made.case.organization_key, rows.people["clinician"].key)

    assert [act for act, _, _ in acts if "share" in act] == ["case:share", "case:unshare"]


async def test_somebody_of_another_organization_cannot_be_named_by_id(edge: Edge, rows: Rows) -> None:
    made = await rows.case()

    answer = await share(edge, made, userId=node_id("User", rows.people["stranger"].key))
    both = await share(edge, made, userId=node_id("User", rows.people["colleague"].key), email="a@b.example")

    assert answer["errors"] == [{"code": "NOT_FOUND", "field": ["userId"]}]
    assert both["errors"][0]["code"] == "INVALID"
