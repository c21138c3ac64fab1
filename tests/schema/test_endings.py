"""Whoever is out is out everywhere within two seconds: streams, and sockets that only wait, end by themselves."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

import pytest

from api import accounts
from api.identity.tokens import refresh_hash
from api.permissions import Actor, Role
from api.persistence import tables
from api.persistence.columns import now
from schema import credentials
from schema.context import REFRESH_COOKIE
from schema.node_ids import node_id
from tests.mail import code_for
from tests.schema.edge import WAIT_SECONDS, Edge, Json, give_password
from tests.schema.rows import Rows
from tests.schema.test_subscriptions import CASE_EVENTS, VIEWER_EVENTS, sse, until_followed

WITHIN_SECONDS = 2.0
ASK_RESET = "mutation($i: RequestPasswordResetInput!) { requestPasswordReset(input: $i) { ok } }"


@pytest.fixture
def _no_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only news can end anything, so that it is news that did."""
    monkeypatch.setattr(credentials, "CHECK_SECONDS", 60.0)


async def sign_out(edge: Edge, session: UUID) -> None:
    await edge.data("mutation { signOut { ok } }", who="patient")


async def sign_out_everywhere(edge: Edge, session: UUID) -> None:
    other = await edge.session("patient")
    token, _ = edge.house.tokens.issue(edge.people["patient"], other.key)
    await edge.ask("mutation { signOut(everywhere: true) { ok } }", authorization=f"Bearer {token}")


async def revoke(edge: Edge, session: UUID) -> None:
    other = await edge.session("patient")
    token, _ = edge.house.tokens.issue(edge.people["patient"], other.key)
    document = "mutation($i: RevokeSessionInput!) { revokeSession(input: $i) { errors { code } } }"
    given = {"i": {"sessionId": node_id("Session", session)}}
    answer = await edge.ask(document, given, authorization=f"Bearer {token}")
    assert answer["data"]["revokeSession"]["errors"] == []


async def disable(edge: Edge, session: UUID) -> None:
    document = "mutation($i: SetUserDisabledInput!) { setUserDisabled(input: $i) { errors { code } } }"
    given = {"i": {"userId": node_id("User", edge.people["patient"]), "disabled": True}}
    assert (await edge.data(document, given, "administrator"))["setUserDisabled"]["errors"] == []


async def change_role(edge: Edge, session: UUID) -> None:
    document = "mutation($i: SetUserRoleInput!) { setUserRole(input: $i) { errors { code } } }"
    given = {"i": {"userId": node_id("User", edge.people["patient"]), "role": "CLINICIAN"}}
    assert (await edge.data(document, given, "administrator"))["setUserRole"]["errors"] == []


async def reset_password(edge: Edge, session: UUID) -> None:
    account = await give_password(edge, "patient")
    await edge.data(ASK_RESET, {"i": {"email": account["email"]}})
    code = await code_for(edge.house, account["email"])
    await accounts.reset_password(accounts.Visitor(edge.house), account["email"], code, "Seven-loud-Kettles")


async def reuse_refresh_token(edge: Edge, session: UUID) -> None:
    async with edge.house.unit_of_work() as uow:
        row = await uow.session.get_one(tables.Session, session)
        row.previous_hash, row.rotated_at = refresh_hash("stolen"), now().replace(year=2000)
    await edge.post("mutation { refreshSession { accessToken } }", cookie=f"{REFRESH_COOKIE}=stolen")


ENDINGS: dict[str, Callable[[Edge, UUID], Awaitable[None]]] = {
    "sign out": sign_out,
    "sign out everywhere": sign_out_everywhere,
    "session revoked": revoke,
    "account disabled": disable,
    "role changed": change_role,
    "password reset": reset_password,
    "refresh token stolen": reuse_refresh_token,
}


async def begin(edge: Edge) -> UUID:
    session = await edge.session("patient")
    edge.tokens["patient"], _ = edge.house.tokens.issue(edge.people["patient"], session.key)
    return session.key


async def until_watched(edge: Edge, watchers: int) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while edge.house.hub.watchers != watchers:  # noqa: ASYNC110 - a count, not an event
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("_no_poll")
@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_socket_with_no_subscription_is_closed(edge: Edge, ending: str) -> None:
    session = await begin(edge)
    async with edge.socket("patient") as socket:
        await until_watched(edge, 1)
        await ENDINGS[ending](edge, session)
        ended = time.monotonic()
        code = await socket.close_code()
        took = time.monotonic() - ended

    assert code == 4403
    assert took < WITHIN_SECONDS
    await until_watched(edge, 0)


@pytest.mark.usefixtures("_no_poll")
@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_subscription_says_why_and_its_socket_is_closed(edge: Edge, rows: Rows, ending: str) -> None:
    made = await rows.case()
    await rows.share(made, "patient")
    session = await begin(edge)
    async with edge.socket("patient") as socket:
        await socket.subscribe(CASE_EVENTS, {"id": node_id("Case", made.case.key)})
        await socket.subscribe(VIEWER_EVENTS, id="2")
        await until_followed(edge, 3)
        await ENDINGS[ending](edge, session)
        ended = time.monotonic()
        messages = [await socket.receive() for _ in range(4)]
        code = await socket.close_code()
        took = time.monotonic() - ended

    told = {m["id"]: m["payload"]["errors"][0]["extensions"]["code"] for m in messages if m["type"] == "next"}
    assert told == {"1": "UNAUTHENTICATED", "2": "UNAUTHENTICATED"}
    assert sorted(m["id"] for m in messages if m["type"] == "complete") == ["1", "2"]
    assert code == 4403
    assert took < WITHIN_SECONDS
    await until_followed(edge, 0)
    await until_watched(edge, 0)


@pytest.mark.usefixtures("_no_poll")
@pytest.mark.parametrize("ending", ENDINGS)
async def test_an_sse_stream_says_why_and_ends(edge: Edge, ending: str) -> None:
    session = await begin(edge)
    async with aclosing(sse(edge, VIEWER_EVENTS, {}, "patient")) as lines:
        reading = asyncio.ensure_future(_told(lines))
        await until_followed(edge, 2)
        await ENDINGS[ending](edge, session)
        ended = time.monotonic()
        told = await asyncio.wait_for(reading, WAIT_SECONDS)
        took = time.monotonic() - ended

    assert [kind for kind, _ in told] == ["next", "complete"]
    assert told[0][1]["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
    assert took < WITHIN_SECONDS
    await until_watched(edge, 0)


async def _told(lines: object) -> list[tuple[str, Json]]:
    return [one async for one in lines if one[0] != "ping"]  # type: ignore[attr-defined]


async def test_other_sessions_go_on(edge: Edge) -> None:
    session = await begin(edge)
    async with edge.socket("patient") as ending, edge.socket("colleague") as staying:
        await until_watched(edge, 2)
        await revoke(edge, session)
        await ending.close_code()

        await staying.subscribe("{ viewer { user { email } } }")
        answer = await staying.receive()

    assert answer["payload"]["data"]["viewer"]["user"]["email"] == "colleague@test.example"


async def test_a_socket_is_closed_even_where_the_news_is_lost(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "CHECK_SECONDS", 0.2)
    session = await begin(edge)
    async with edge.socket("patient") as socket:
        await until_watched(edge, 1)
        async with edge.house.unit_of_work() as uow:
            (await uow.session.get_one(tables.Session, session)).ended_at = now()
        code = await socket.close_code()

    assert code == 4403


async def test_a_socket_is_closed_when_its_access_token_ends(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge.house.tokens, "_life", timedelta(seconds=2))  # written in whole seconds
    async with edge.socket("clinician") as socket:
        code = await socket.close_code()

    assert code == 4403


async def test_a_socket_without_a_token_stays_for_signing_in(edge: Edge) -> None:
    async with edge.socket() as socket:
        await socket.subscribe("{ viewer { user { email } } }")
        answer = await socket.receive()

    assert answer["payload"]["data"] == {"viewer": None}
    assert edge.house.hub.watchers == 0


async def test_nobody_ends_a_session_of_somebody_else(edge: Edge) -> None:
    session = await begin(edge)
    document = (
        "mutation($i: RevokeSessionInput!) { revokeSession(input: $i) { viewer { mfaEnabled } errors { code } } }"
    )

    answers = [
        await edge.data(document, {"i": {"sessionId": id}}, "colleague")
        for id in (node_id("Session", session), node_id("Session", edge.people["patient"]), "nonsense")
    ]

    assert [answer["revokeSession"] for answer in answers] == [{"viewer": None, "errors": [{"code": "NOT_FOUND"}]}] * 3
    actor = await accounts.find_actor(edge.house, await edge.token("patient"))
    assert actor == Actor(edge.people["patient"], actor.organization_key if actor else session, Role.PATIENT, session)
