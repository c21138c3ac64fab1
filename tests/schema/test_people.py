"""Administration of people over the wire, and what whoever is no administrator gets."""

from typing import Any

import pytest

from schema.node_ids import node_id
from tests.schema.edge import Edge, Json

USERS = """query($first: Int, $after: String, $text: String) { administration {
  users(first: $first, after: $after, text: $text) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { id displayName email role disabled } } } } }"""
INVITATIONS = """{ administration { invitations { totalCount edges { node { email role revokedAt } } } } }"""
INVITE = """mutation($i: InviteUserInput!) { inviteUser(input: $i) {
  token invitation { id } errors { code field } } }"""
REVOKE = """mutation($i: RevokeInvitationInput!) { revokeInvitation(input: $i) {
  invitation { revokedAt } errors { code field } } }"""
SET_ROLE = "mutation($i: SetUserRoleInput!) { setUserRole(input: $i) { user { role } errors { code field } } }"
SET_DISABLED = """mutation($i: SetUserDisabledInput!) { setUserDisabled(input: $i) {
  user { disabled } errors { code field } } }"""


async def mutate(edge: Edge, document: str, given: Json, who: str | None) -> Json:
    (payload,) = (await edge.data(document, {"i": given}, who)).values()
    found: Json = payload
    return found


def user_id(edge: Edge, who: str) -> str:
    return node_id("User", edge.people[who])


async def test_an_administrator_pages_through_the_people_of_the_organization(edge: Edge) -> None:
    first = (await edge.data(USERS, {"first": 3}, "administrator"))["administration"]["users"]
    rest = await edge.data(USERS, {"after": first["pageInfo"]["endCursor"]}, "administrator")
    found = await edge.data(USERS, {"text": "colle"}, "administrator")

    names = [edge["node"]["displayName"] for edge in first["edges"]]
    assert (first["totalCount"], names) == (4, ["Administrator", "Patient", "Colleague"])
    assert [edge["node"]["displayName"] for edge in rest["administration"]["users"]["edges"]] == ["Clinician"]
    assert [edge["node"]["email"] for edge in found["administration"]["users"]["edges"]] == ["colleague@test.example"]


async def test_invitations_are_listed_and_revoked(edge: Edge) -> None:
    invited = await mutate(edge, INVITE, {"email": "new@test.example", "role": "PATIENT"}, "administrator")

    revoked = await mutate(edge, REVOKE, {"invitationId": invited["invitation"]["id"]}, "administrator")
    again = await mutate(edge, REVOKE, {"invitationId": invited["invitation"]["id"]}, "administrator")

    listed = (await edge.data(INVITATIONS, who="administrator"))["administration"]["invitations"]
    assert revoked["invitation"]["revokedAt"] == again["invitation"]["revokedAt"] is not None
    assert listed["totalCount"] == 1
    assert listed["edges"][0]["node"]["email"] == "new@test.example"


@pytest.mark.parametrize("who", ["clinician", "patient", "stranger"])
async def test_whoever_is_no_administrator_administers_nobody(edge: Edge, who: str) -> None:
    invited = await mutate(edge, INVITE, {"email": "new@test.example", "role": "PATIENT"}, "administrator")
    attempts: list[tuple[str, Json]] = [
        (INVITE, {"email": "other@test.example", "role": "ADMINISTRATOR"}),
        (REVOKE, {"invitationId": invited["invitation"]["id"]}),
        (SET_ROLE, {"userId": user_id(edge, who), "role": "ADMINISTRATOR"}),
        (SET_DISABLED, {"userId": user_id(edge, "colleague"), "disabled": True}),
    ]

    codes = [(await mutate(edge, document, given, who))["errors"][0]["code"] for document, given in attempts]

    assert codes == ["FORBIDDEN"] * 4
    assert (await edge.data(USERS, who=who))["administration"] is None


async def test_signed_out_nobody_administers_anything(edge: Edge) -> None:
    given: Json = {"userId": user_id(edge, "colleague"), "disabled": True}

    refused = await mutate(edge, SET_DISABLED, given, None)

    assert refused["errors"][0]["code"] == "UNAUTHENTICATED"
    assert (await edge.data(USERS))["administration"] is None


async def test_people_elsewhere_do_not_exist(edge: Edge) -> None:
    answers: list[Any] = [
        await mutate(edge, document, given, "administrator")
        for document, given in (
            (SET_ROLE, {"userId": user_id(edge, "stranger"), "role": "PATIENT"}),
            (SET_ROLE, {"userId": "nonsense", "role": "PATIENT"}),
            (SET_DISABLED, {"userId": user_id(edge, "stranger"), "disabled": True}),
            (REVOKE, {"invitationId": node_id("Invitation", edge.people["stranger"])}),
        )
    ]

    assert [answer["errors"][0]["code"] for answer in answers] == ["NOT_FOUND"] * 4


async def test_roles_change_and_accounts_are_disabled(edge: Edge) -> None:
    colleague = user_id(edge, "colleague")

    role = await mutate(edge, SET_ROLE, {"userId": colleague, "role": "PATIENT"}, "administrator")
    disabled = await mutate(edge, SET_DISABLED, {"userId": colleague, "disabled": True}, "administrator")
    own = await mutate(edge, SET_ROLE, {"userId": user_id(edge, "administrator"), "role": "PATIENT"}, "administrator")
    partner = await mutate(edge, SET_ROLE, {"userId": colleague, "role": "PARTNER"}, "administrator")

    assert role == {"user": {"role": "PATIENT"}, "errors": []}
    assert disabled == {"user": {"disabled": True}, "errors": []}
    assert own["errors"] == [{"code": "CONFLICT", "field": ["userId"]}]
    assert partner["errors"] == [{"code": "INVALID", "field": ["role"]}]
