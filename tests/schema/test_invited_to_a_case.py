"""A case is shared with the address of somebody who has no account yet."""

import pytest

from api import worker
from api.persistence import tables
from schema.node_ids import find_key, node_id
from tests.mail import code_for
from tests.schema.edge import PASSWORD, Edge
from tests.schema.rows import Rows

EMAIL = "late@test.example"
SHARE = """mutation ($id: ID!, $email: String!) {
  shareCase(input: {caseId: $id, email: $email, access: READER}) { participant { id } errors { code } } }"""
INVITE = """mutation ($email: String!) {
  inviteUser(input: {email: $email, role: CLINICIAN}) { token errors { code } } }"""
SIGN_UP = "mutation ($input: SignUpInput!) { signUp(input: $input) { errors { code } } }"
CONFIRM = """mutation ($email: String!, $code: String!) {
  confirmSignUp(input: {email: $email, code: $code}) { ok errors { code } } }"""
CASES = "{ cases { edges { node { id } } } }"
PEOPLE = "{ administration { users { edges { node { id email } } } } }"


@pytest.fixture
def edge(edge: Edge) -> Edge:
    worker.register(edge.house)
    return edge


async def work_off(edge: Edge) -> None:
    """All jobs there are."""
    await edge.house.jobs.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)


async def sign_up(edge: Edge, rows: Rows) -> None:
    """Into the other organization, through the mail; the new user speaks as `late`."""
    async with edge.house.unit_of_work() as uow:
        theirs = await uow.session.get_one(tables.User, rows.people["stranger"].key)
        theirs.role = "ADMINISTRATOR"
    invited = await edge.data(INVITE, {"email": EMAIL}, "stranger")
    person = {"email": EMAIL, "password": PASSWORD, "displayName": "Late", "invitation": invited["inviteUser"]["token"]}
    assert (await edge.data(SIGN_UP, {"input": person}))["signUp"]["errors"] == []
    confirmed = await edge.data(CONFIRM, {"email": EMAIL, "code": await code_for(edge.house, EMAIL, 2)})
    assert confirmed["confirmSignUp"] == {"ok": True, "errors": []}
    listed = (await edge.data(PEOPLE, who="stranger"))["administration"]["users"]["edges"]
    (late,) = [row["node"]["id"] for row in listed if row["node"]["email"] == EMAIL]
    key = find_key(late, "User")
    assert key is not None
    async with edge.house.unit_of_work() as uow:
        (await uow.session.get_one(tables.User, key)).mfa_exempt = True
    edge.people["late"] = key


async def test_what_was_shared_with_an_address_is_there_once_its_owner_has_signed_up(edge: Edge, rows: Rows) -> None:
    shared, other = await rows.case(), await rows.case()
    await edge.data(SHARE, {"id": node_id("Case", shared.case.key), "email": f" {EMAIL.title()}"}, "clinician")

    await sign_up(edge, rows)
    await work_off(edge)
    found = await edge.data(CASES, who="late")
    await work_off(edge)

    assert [row["node"]["id"] for row in found["cases"]["edges"]] == [node_id("Case", shared.case.key)]
    assert other.case.key != shared.case.key


async def test_an_address_that_nobody_has_proved_is_shared_nothing(edge: Edge, rows: Rows) -> None:
    shared = await rows.case()
    await edge.data(SHARE, {"id": node_id("Case", shared.case.key), "email": "other@test.example"}, "clinician")

    await sign_up(edge, rows)
    await work_off(edge)

    assert (await edge.data(CASES, who="late"))["cases"]["edges"] == []
