"""The audit trail as an administrator pages through it: newest first, filtered, of their own organization only."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from api.oversight import rounds
from api.permissions import Actor, Role, Scope
from api.persistence.audit.entries import NewEntry, Outcome, Service
from api.persistence.columns import now
from api.unit_of_work import House
from schema.node_ids import node_id
from tests.audit import acts_of, entries_of, tamper
from tests.schema.edge import Edge, Json
from tests.schema.keys import application
from tests.schema.rows import Rows

AUDIT = """query ($first: Int, $after: String, $filter: AuditFilter) { administration {
  audit(first: $first, after: $after, filter: $filter) {
    totalCount intact verifiedAt pageInfo { hasNextPage endCursor }
    edges { cursor node { id at action outcome subjectId address traceId hash service actor { displayName email }
      actorKey { id name } } }
  } } }"""


async def page(edge: Edge, **given: Any) -> Json:
    audit: Json = (await edge.data(AUDIT, given, "administrator"))["administration"]["audit"]
    return audit


def nodes(audit: Json) -> list[Json]:
    return [edge["node"] for edge in audit["edges"]]


async def act(house: House, rows: Rows, who: str, *actions: str, subject: Any = None) -> None:
    user = rows.people[who]
    async with house.unit_of_work(Actor(user.key, user.organization_key, Role(user.role)), "192.0.2.1") as uow:
        for action in actions:
            uow.audit(action, subject)


async def test_the_trail_is_paged_newest_first_each_entry_once(edge: Edge, rows: Rows, house: House) -> None:
    actions = [f"case:act_{number}" for number in range(7)]
    await act(house, rows, "clinician", *actions)

    found, after = [], None
    for _ in range(3):
        part = await page(edge, first=3, after=after, filter={"actorId": node_id("User", rows.people["clinician"].key)})
        found += [node["action"] for node in nodes(part)]
        after = part["pageInfo"]["endCursor"]
        assert part["totalCount"] == 7

    assert found == actions[::-1]
    assert part["pageInfo"]["hasNextPage"] is False


async def test_an_entry_says_who_did_what_to_what_whence(edge: Edge, rows: Rows, house: House) -> None:
    made = await rows.case()
    await act(house, rows, "clinician", "case:see", subject=made.case.key)

    (node,) = nodes(await page(edge, first=1))

    assert (node["action"], node["outcome"], node["address"]) == ("case:see", "ok", "192.0.2.1")
    assert node["subjectId"] == node_id("Case", made.case.key)
    assert node["actor"] == {"displayName": "Clinician", "email": "clinician@test.example"}
    assert node["service"] is None
    assert node["hash"] == (await entries_of(house, made.case.organization_key))[0].hash.hex()


async def test_what_a_job_did_names_the_service(edge: Edge, rows: Rows, house: House) -> None:
    made = await rows.case()
    entry = NewEntry(Service.WORKER.key, "analysis:end", made.analysis.key, Outcome.FAILED, subject_kind="Analysis")
    await house.record([entry])

    (node,) = nodes(await page(edge, first=1))

    assert (node["service"], node["actor"], node["outcome"]) == ("worker", None, "failed")


async def test_filters_choose_and_all_of_them_must_hold(edge: Edge, rows: Rows, house: House) -> None:
    made = await rows.case()
    began = now()
    await act(house, rows, "clinician", "case:see", "case:update", subject=made.case.key)
    await act(house, rows, "colleague", "case:see", subject=made.case.key)
    await act(house, rows, "colleague", "model:see")
    ended = now() + timedelta(seconds=1)

    async def found(**chosen: Any) -> Sequence[str]:
        audit = await page(edge, first=50, filter=chosen)
        assert audit["totalCount"] == len(audit["edges"])
        return [node["action"] for node in nodes(audit)]

    clinician, case = node_id("User", rows.people["clinician"].key), node_id("Case", made.case.key)
    assert await found(actorId=clinician) == ["case:update", "case:see"]
    assert await found(subjectId=case) == ["case:see", "case:update", "case:see"]
    assert await found(action="case:see") == ["case:see", "case:see"]
    assert await found(actorId=clinician, action="case:see", subjectId=case) == ["case:see"]
    assert await found(actorId=clinician, after=began.isoformat(), before=ended.isoformat()) == [
        "case:update",
        "case:see",
    ]
    assert await found(before=began.isoformat()) == []
    assert await found(actorId=clinician, after=ended.isoformat()) == []


@pytest.mark.parametrize("chosen", [{"actorId": "nonsense"}, {"subjectId": ""}, {"actorId": node_id("Case", uuid4())}])
async def test_an_id_that_names_nobody_finds_nothing(edge: Edge, rows: Rows, house: House, chosen: Json) -> None:
    await act(house, rows, "clinician", "case:see")

    assert nodes(await page(edge, filter=chosen)) == []


async def test_an_application_is_found_by_its_key(edge: Edge, rows: Rows, house: House) -> None:
    key = await application(edge, rows, *Scope)
    partner = Actor(key.user_key, key.organization_key, Role.PARTNER, api_key_key=key.key)
    async with house.unit_of_work(partner) as uow:
        uow.audit("model:see", None)
    key_id = node_id("ApiKey", key.key)

    found = nodes(await page(edge, filter={"actorId": key_id}))

    assert [(node["action"], node["actorKey"]) for node in found] == [
        ("model:see", {"id": key_id, "name": "Partner app"})
    ]


async def test_the_total_without_a_filter_is_all_there_is(edge: Edge, rows: Rows, house: House) -> None:
    await act(house, rows, "clinician", *["case:see"] * 5)

    assert (await page(edge, first=2))["totalCount"] == 5


async def test_an_administrator_sees_their_own_organizations_chain_only(edge: Edge, rows: Rows, house: House) -> None:
    await act(house, rows, "stranger", "case:see")
    await house.record([NewEntry(Service.WORKER.key, "system:act")])

    assert nodes(await page(edge)) == []


async def test_reading_the_trail_is_itself_recorded(edge: Edge, rows: Rows, house: House) -> None:
    await page(edge)

    administrator = rows.people["administrator"]
    own = await acts_of(house, administrator.organization_key, administrator.key)
    assert own == [("audit:read", administrator.organization_key, "ok")]


@pytest.mark.parametrize("who", ["clinician", "patient", "stranger", None])
async def test_the_trail_is_for_administrators(edge: Edge, rows: Rows, who: str | None) -> None:
    assert (await edge.data(AUDIT, {}, who))["administration"] is None


async def test_the_last_verification_says_whether_it_is_intact(edge: Edge, rows: Rows, house: House) -> None:
    await act(house, rows, "clinician", "case:see")
    before = await page(edge)
    await rounds.verify_due(house)
    whole = await page(edge)

    chain = rows.people["clinician"].organization_key
    await tamper(house, "update audit_entries set outcome = 'failed' where organization_key = :chain", chain=chain)
    await tamper(house, "delete from audit_verifications")
    await rounds.verify_due(house)
    broken = await page(edge)

    assert (before["intact"], before["verifiedAt"]) == (None, None)
    assert whole["intact"] is True
    assert whole["verifiedAt"] is not None
    assert broken["intact"] is False
