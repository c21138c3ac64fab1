"""The client's connection goes on through breaks, and says plainly when it cannot."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from starlette.responses import PlainTextResponse, Response

from api.client.connection import Connection
from api.client.documents import VIEWER_EVENTS
from api.client.errors import ConnectionLost, Refused, ServerNotThere, WrongPassword
from tests.api.client.scripted import ScriptedServer, refusal
from tests.running import free_port

QUERY = "query Question { viewer { user { id } } }"


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer().running() as server:
        yield server


def in_turn(*answers: Any) -> Any:
    """One answer after the other, the last one again and again."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


async def ask(server: ScriptedServer, patience: float = 5.0) -> dict[str, Any]:
    async with Connection(server.url, "e@x", "password", patience) as connection:
        return await connection.ask(QUERY, {}, "asking")


async def test_without_a_server_the_user_hears_how_to_start_one() -> None:
    with pytest.raises(ServerNotThere, match="Start it with `make run`"):
        async with Connection(f"http://127.0.0.1:{free_port()}", "e@x", "password"):
            pass


async def test_another_program_at_the_address_is_no_hilum(server: ScriptedServer) -> None:
    server.answers["SignIn"] = lambda _: PlainTextResponse("hello")

    with pytest.raises(ServerNotThere):
        await ask(server)


async def test_a_wrong_password_is_told_with_the_account(server: ScriptedServer) -> None:
    error = {"code": "WRONG_CREDENTIALS", "message": "The e-mail address or the password is not right."}
    server.answers["SignIn"] = lambda _: {"signIn": {"accessToken": None, "errors": [error]}}

    with pytest.raises(WrongPassword, match=r"e@x: The e-mail address or the password is not right\."):
        await ask(server)


async def test_an_ended_token_is_renewed_and_the_question_asked_again(server: ScriptedServer) -> None:
    tokens = iter(["first", "second"])
    server.answers["SignIn"] = lambda _: {"signIn": {"accessToken": next(tokens), "errors": []}}
    server.answers["Question"] = in_turn(refusal("UNAUTHENTICATED"), {"viewer": 1})

    answer = await ask(server)

    assert answer == {"viewer": 1}
    assert [token for name, _, token in server.asked if name == "Question"] == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize("answer", [refusal("UNAVAILABLE"), Response("restarting", 503)])
async def test_a_server_that_is_busy_is_asked_again(server: ScriptedServer, answer: Response) -> None:
    server.answers["Question"] = in_turn(answer, {"viewer": 1})

    assert await ask(server) == {"viewer": 1}


async def test_a_server_that_stays_away_is_a_lost_connection(server: ScriptedServer) -> None:
    server.answers["Question"] = lambda _: refusal("UNAVAILABLE")

    with pytest.raises(ConnectionLost, match="while asking"):
        await ask(server, patience=0.3)


async def test_a_refusal_is_told_in_the_servers_words(server: ScriptedServer) -> None:
    server.answers["Question"] = lambda _: refusal("FORBIDDEN", "Patients do not.")

    with pytest.raises(Refused, match=r"Patients do not\."):
        await ask(server)


async def test_events_go_on_after_the_last_cursor_when_the_connection_breaks(server: ScriptedServer) -> None:
    server.streams = [[{"cursor": "1"}, None, {"cursor": "2"}], [{"cursor": "3"}]]

    cursors = await follow(server, until="3")

    assert cursors == ["1", "2", "3"]
    assert [variables["after"] for name, variables, _ in server.asked if name == "ViewerEvents"] == ["0", "2"]


async def follow(server: ScriptedServer, until: str) -> list[str]:
    found = []
    async with (
        Connection(server.url, "e@x", "password", 5.0) as connection,
        aclosing(connection.follow(VIEWER_EVENTS, {}, "0", "following")) as events,
    ):
        async for event in events:
            if event is not None:
                found.append(event["cursor"])
                if event["cursor"] == until:
                    break
    return found


async def test_a_code_is_asked_for_where_the_account_has_a_second_factor(server: ScriptedServer) -> None:
    challenge = {"kind": "TOTP", "token": "a challenge"}
    server.answers["SignIn"] = lambda _: {"signIn": {"accessToken": None, "challenge": challenge, "errors": []}}
    server.answers["AnswerChallenge"] = lambda _: {"answerChallenge": {"accessToken": "token", "errors": []}}
    server.answers["Question"] = in_turn({"viewer": 1})

    async with Connection(server.url, "e@x", "password", 5.0, ask_code=lambda: "123456") as connection:
        answer = await connection.ask(QUERY, {}, "asking")

    answered = [variables for name, variables, _ in server.asked if name == "AnswerChallenge"]
    assert answer == {"viewer": 1}
    assert answered == [{"input": {"challenge": "a challenge", "code": "123456"}}]


async def test_where_nobody_can_be_asked_for_a_code_the_user_hears_so(server: ScriptedServer) -> None:
    challenge = {"kind": "TOTP", "token": "a challenge"}
    server.answers["SignIn"] = lambda _: {"signIn": {"accessToken": None, "challenge": challenge, "errors": []}}

    with pytest.raises(Refused, match="second step"):
        await ask(server)
