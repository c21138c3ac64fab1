"""Sign in, go on by the cookie alone, sign out."""

from datetime import timedelta
from http.cookies import SimpleCookie

import httpx
import pytest
from sqlalchemy import update

from api.persistence.columns import now
from api.persistence.tables import Session, SignInFailure
from schema.context import REFRESH_COOKIE
from tests.schema.edge import Edge, Json, give_password

SIGN_IN = """mutation($i: SignInInput!) { signIn(input: $i) { accessToken expiresAt
  viewer { user { email role } sessions { current userAgent } } errors { code message field retryAfter } } }"""
REFRESH = "mutation { refreshSession { accessToken viewer { user { email } } errors { code } } }"
SIGN_OUT = "mutation($all: Boolean! = false) { signOut(everywhere: $all) { ok errors { code } } }"
VIEWER = "{ viewer { user { email } organization { name } mfaEnabled pushPublicKey uploads { totalCount } } }"


@pytest.fixture
async def account(edge: Edge) -> Json:
    return await give_password(edge, "patient")


def cookie_of(answer: httpx.Response) -> SimpleCookie:
    return SimpleCookie(answer.headers["set-cookie"])


async def with_cookie(edge: Edge, query: str, token: str) -> httpx.Response:
    return await edge.post(query, cookie=f"{REFRESH_COOKIE}={token}")


async def viewer_of(edge: Edge, token: str) -> Json | None:
    answer = await edge.ask(VIEWER, authorization=f"Bearer {token}")
    viewer: Json | None = answer["data"]["viewer"]
    return viewer


async def test_signing_in_gives_a_token_and_a_cookie_that_scripts_cannot_read(edge: Edge, account: Json) -> None:
    answer = await edge.post(SIGN_IN, {"i": account}, **{"user-agent": "Phone"})

    payload = answer.json()["data"]["signIn"]
    morsel = cookie_of(answer)[REFRESH_COOKIE]
    viewer = await viewer_of(edge, payload["accessToken"])
    assert payload["errors"] == []
    assert payload["viewer"]["user"] == {"email": "patient@test.example", "role": "PATIENT"}
    assert payload["viewer"]["sessions"] == [{"current": True, "userAgent": "Phone"}]
    assert (morsel["httponly"], morsel["secure"], morsel["samesite"].lower()) == (True, True, "strict")
    assert morsel["path"] == "/"
    assert morsel.value not in answer.text
    assert viewer is not None
    assert len(viewer.pop("pushPublicKey")) == 87  # 65 bytes, base64url without padding
    assert viewer == {
        "user": {"email": "patient@test.example"},
        "organization": {"name": "Test hospital"},
        "mfaEnabled": False,
        "uploads": {"totalCount": 0},
    }


async def test_wrong_credentials_tell_nothing_of_which_was_wrong(edge: Edge, account: Json) -> None:
    wrong = await edge.post(SIGN_IN, {"i": {**account, "password": "another password"}})
    unknown = await edge.post(SIGN_IN, {"i": {**account, "email": "nobody@test.example"}})

    assert wrong.json()["data"] == unknown.json()["data"]
    assert wrong.json()["data"]["signIn"]["errors"][0]["code"] == "WRONG_CREDENTIALS"
    assert "set-cookie" not in wrong.headers


async def test_a_session_goes_on_by_its_cookie_which_changes_each_time(edge: Edge, account: Json) -> None:
    first = cookie_of(await edge.post(SIGN_IN, {"i": account}))[REFRESH_COOKIE].value

    refreshed = await with_cookie(edge, REFRESH, first)
    second = cookie_of(refreshed)[REFRESH_COOKIE].value
    again = await with_cookie(edge, REFRESH, second)
    by_cookie_alone = await with_cookie(edge, VIEWER, second)

    payload = refreshed.json()["data"]["refreshSession"]
    assert payload["viewer"]["user"]["email"] == "patient@test.example"
    assert await viewer_of(edge, payload["accessToken"]) is not None
    assert second != first
    assert again.json()["data"]["refreshSession"]["errors"] == []
    assert by_cookie_alone.json()["data"] == {"viewer": None}


async def test_a_refresh_token_shown_twice_ends_its_session(edge: Edge, account: Json) -> None:
    stolen = cookie_of(await edge.post(SIGN_IN, {"i": account}))[REFRESH_COOKIE].value
    refreshed = await with_cookie(edge, REFRESH, stolen)
    mine = cookie_of(refreshed)[REFRESH_COOKIE].value
    async with edge.house.unit_of_work() as uow:
        await uow.session.execute(update(Session).values(rotated_at=now() - timedelta(seconds=31)))

    reused = await with_cookie(edge, REFRESH, stolen)
    after = await with_cookie(edge, REFRESH, mine)

    assert reused.json()["data"]["refreshSession"]["errors"] == [{"code": "UNAUTHENTICATED"}]
    assert cookie_of(reused)[REFRESH_COOKIE].value == ""
    assert after.json()["data"]["refreshSession"]["accessToken"] is None
    assert await viewer_of(edge, refreshed.json()["data"]["refreshSession"]["accessToken"]) is None


async def test_without_a_cookie_there_is_nothing_to_refresh(edge: Edge) -> None:
    answer = await edge.data(REFRESH)

    assert answer["refreshSession"] == {"accessToken": None, "viewer": None, "errors": [{"code": "UNAUTHENTICATED"}]}


@pytest.mark.parametrize("everywhere", [False, True])
async def test_signing_out_ends_this_session_or_all(edge: Edge, account: Json, everywhere: bool) -> None:
    signed_in = [await edge.post(SIGN_IN, {"i": account}) for _ in range(2)]
    here, there = (answer.json()["data"]["signIn"]["accessToken"] for answer in signed_in)

    answer = await edge.post(SIGN_OUT, {"all": everywhere}, authorization=f"Bearer {here}")

    assert answer.json()["data"]["signOut"] == {"ok": True, "errors": []}
    assert cookie_of(answer)[REFRESH_COOKIE].value == ""
    assert await viewer_of(edge, here) is None
    assert (await viewer_of(edge, there) is None) is everywhere


async def test_too_many_failures_are_told_with_a_time_to_wait(edge: Edge, account: Json) -> None:
    wrong = {**account, "password": "another password"}
    async with edge.house.unit_of_work() as uow:
        uow.session.add_all(SignInFailure(whose_blind="", client_address="127.0.0.1") for _ in range(50))

    answer = await edge.data(SIGN_IN, {"i": wrong})

    error = answer["signIn"]["errors"][0]
    assert error["code"] == "LOCKED"
    assert 25 < error["retryAfter"] <= 30
