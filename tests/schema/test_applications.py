"""Applications that come with an API key: what it opens, where it works, and its end."""

import asyncio
import json
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col
from websockets.exceptions import ConnectionClosed

from api import accounts
from api.permissions import Scope
from api.persistence import tables
from api.persistence.columns import now
from schema.context import REFRESH_COOKIE
from schema.node_ids import node_id
from tests.deliveries import take_in
from tests.schema.edge import Edge
from tests.schema.keys import (
    REVOKE,
    VIEWER,
    add_other_administrator,
    application,
    close_code_of,
    create,
    next_data,
    set_end,
    streaming,
    until_followed,
)
from tests.schema.rows import MadeCase, Rows
from tests.statements import counted_statements
from tests.synthetic_ct import ct_files

NEWS = "subscription { viewerEvents { cursor } }"
EVENTS = "subscription($id: ID!) { caseEvents(caseId: $id) { cursor case { title } } }"
SIGN_IN = "mutation($i: SignInInput!) { signIn(input: $i) { accessToken errors { code } } }"
CREATED_BY = "query($id: ID!) { case(id: $id) { createdBy { displayName email role } } }"
AT_ONCE = 2.3  # seconds: two, and what a busy machine takes


@pytest.fixture
async def other_administrator(rows: Rows, edge: Edge) -> str:
    return await add_other_administrator(edge, rows)


async def test_a_key_speaks_over_every_transport(edge: Edge, rows: Rows) -> None:
    await application(edge, rows, *Scope)
    made = await rows.case()
    case_id = node_id("Case", made.case.key)

    posted = await edge.data(VIEWER, who="application")
    async with edge.socket("application") as socket:
        await socket.subscribe(EVENTS, {"id": case_id})
        await until_followed(edge)
        await rows.change_case(made, "over a socket")
        over_socket = await socket.event()
    async with streaming(edge, EVENTS, {"id": case_id}) as stream:
        await until_followed(edge)
        await rows.change_case(made, "over a stream")
        over_stream = await next_data(stream)

    assert posted["viewer"]["user"] == {"displayName": "Partner app", "role": "PARTNER", "email": None}
    assert over_socket["case"] == {"title": "over a socket"}
    assert over_stream["data"]["caseEvents"]["case"] == {"title": "over a stream"}


async def test_a_key_in_a_cookie_or_an_address_opens_nothing(edge: Edge, rows: Rows) -> None:
    await application(edge, rows, *Scope)
    secret = edge.tokens["application"]
    refresh = "mutation { refreshSession { accessToken errors { code } } }"

    cookies = [await edge.ask(VIEWER, cookie=f"{name}={secret}") for name in (REFRESH_COOKIE, "token", "authorization")]
    addressed = [
        (await edge.http.get("/graphql", params={"query": VIEWER, name: secret})).json()["data"]
        for name in ("authorization", "access_token", "token", "key")
    ]
    refreshed = await edge.ask(refresh, cookie=f"{REFRESH_COOKIE}={secret}")
    otherwise = await edge.ask(VIEWER, authorization=f"Basic {secret}")

    assert {json.dumps(answer["data"]) for answer in (*cookies, otherwise)} == {'{"viewer": null}'}
    assert {json.dumps(data) for data in addressed} == {'{"viewer": null}'}
    assert refreshed["data"]["refreshSession"] == {"accessToken": None, "errors": [{"code": "UNAUTHENTICATED"}]}


MUTATIONS = {
    "upload": (
        'mutation { createUpload(input: {files: [{name: "a", size: 1}]}) { upload { id } errors { code } } }',
        "createUpload",
    ),
    "rename": (
        'mutation($id: ID!) { updateCase(input: {caseId: $id, title: "New"}) { case { id } errors { code } } }',
        "updateCase",
    ),
    "analyze": (
        "mutation($id: ID!) { startAnalysis(input: {caseId: $id}) { analysis { id } errors { code } } }",
        "startAnalysis",
    ),
    "delete": (
        'mutation($id: ID!) { deleteCase(input: {caseId: $id, reason: "no"}) { ok errors { code } } }',
        "deleteCase",
    ),
}
WHOLE = """query($id: ID!) { case(id: $id) { patient { name } viewerCan studies { studyInstanceUid
  series { stacks { frames { urlTemplate } } } } latestAnalysis { status } } cases { totalCount } models { id } }"""


@pytest.mark.parametrize(
    ("scopes", "opened", "viewer_can"),
    [
        ({Scope.CASES_READ}, {"read"}, {"DOWNLOAD"}),
        ({Scope.IDENTITY_READ}, set(), set()),
        ({Scope.CASES_READ, Scope.IDENTITY_READ}, {"read", "identify"}, {"DOWNLOAD"}),
        ({Scope.CASES_WRITE}, {"upload", "rename"}, set()),
        ({Scope.ANALYSES_WRITE}, {"analyze"}, set()),
        ({Scope.COMMENTS_WRITE}, set(), set()),
        ({Scope.CASES_READ, Scope.COMMENTS_WRITE}, {"read"}, {"DOWNLOAD", "COMMENT"}),
        (set(Scope), {"read", "identify", "upload", "rename", "analyze"}, None),
    ],
)
async def test_each_scope_opens_its_own_part_and_no_other(
    edge: Edge, rows: Rows, scopes: set[Scope], opened: set[str], viewer_can: set[str] | None
) -> None:
    await application(edge, rows, *scopes)
    made = await rows.case()

    found = await what_is_open(edge, made)
    case = (await edge.data(WHOLE, {"id": node_id("Case", made.case.key)}, "application"))["case"]

    assert found == opened
    if viewer_can is not None:
        assert set(case["viewerCan"] if case else ()) == viewer_can


async def what_is_open(edge: Edge, made: MadeCase) -> set[str]:
    case_id = node_id("Case", made.case.key)
    seen = await edge.data(WHOLE, {"id": case_id}, "application")
    case, opened = seen["case"], set()
    assert (case is not None) == (seen["cases"]["totalCount"] == 1)
    assert seen["models"]
    if case is not None:
        opened.add("read")
        assert case["latestAnalysis"] == {"status": "SUCCEEDED"}
        assert case["studies"][0]["series"][0]["stacks"][0]["frames"]["urlTemplate"]
        assert (case["patient"] is None) == (case["studies"][0]["studyInstanceUid"] is None)
        if case["patient"] is not None:
            opened.add("identify")
    for name, (document, field) in MUTATIONS.items():
        payload = (await edge.data(document, {"id": case_id} if "$id" in document else {}, "application"))[field]
        codes = {error["code"] for error in payload["errors"]}
        assert codes <= {"FORBIDDEN", "NOT_FOUND"}, payload
        if not codes:
            opened.add(name)
    return opened


async def test_a_key_of_another_organization_sees_nothing(edge: Edge, rows: Rows, other_administrator: str) -> None:
    payload = await create(edge, other_administrator)
    edge.tokens["application"] = payload["secret"]
    made = await rows.case()

    assert await what_is_open(edge, made) == {"upload"}


async def test_what_is_a_persons_is_refused_to_a_key(edge: Edge, rows: Rows) -> None:
    key = await application(edge, rows, *Scope)
    async with edge.house.sessions() as session:
        user = await session.get_one(tables.User, key.user_key)

    sessions = await edge.ask("{ viewer { sessions { id } } }", who="application")
    signed_out = await edge.data("mutation { signOut(everywhere: true) { ok errors { code } } }", who="application")
    signed_in = await edge.data(SIGN_IN, {"i": {"email": user.email, "password": edge.tokens["application"]}})

    assert sessions["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert signed_out["signOut"] == {"ok": False, "errors": [{"code": "FORBIDDEN"}]}
    assert signed_in["signIn"] == {"accessToken": None, "errors": [{"code": "WRONG_CREDENTIALS"}]}
    assert user.email.endswith("@api-key.invalid")
    assert await edge.data(VIEWER, who="application") != {"viewer": None}


async def test_what_an_application_brings_bears_its_name(edge: Edge, rows: Rows) -> None:
    await application(edge, rows, *Scope)
    actor = await accounts.find_actor(edge.house, edge.tokens["application"])
    assert actor is not None

    delivery = await take_in(edge.house, actor, ct_files(2))
    again = await take_in(edge.house, actor, ct_files(2, first=3))

    asked = {"id": node_id("Case", delivery.case.key)}
    case = await edge.data(
        "query($id: ID!) { case(id: $id) { createdBy { displayName email role } } }", asked, "clinician"
    )
    assert (delivery.accepted, again.accepted) == (2, 2)
    assert again.case.key == delivery.case.key
    assert case["case"]["createdBy"] == {"displayName": "Partner app", "email": None, "role": "PARTNER"}


async def test_an_application_that_only_sends_may_send_again(edge: Edge, rows: Rows) -> None:
    await application(edge, rows, Scope.CASES_WRITE)
    actor = await accounts.find_actor(edge.house, edge.tokens["application"])
    assert actor is not None

    await take_in_unseen(edge, actor, 1)
    upload_key = await take_in_unseen(edge, actor, 3)

    async with edge.house.sessions() as session:
        outcomes = await session.execute(
            select(col(tables.UploadInstance.outcome)).where(col(tables.UploadInstance.upload_key) == upload_key)
        )
        cases = (await session.execute(select(tables.Case))).scalars().all()
    assert set(outcomes.scalars()) == {"ACCEPTED"}
    assert len(cases) == 1


async def take_in_unseen(edge: Edge, actor: Any, first: int) -> UUID:
    """The upload's key; its case the application may not see."""
    delivery = await take_in(edge.house, actor, ct_files(2, first=first))
    assert delivery.cases == []
    return delivery.upload.key


# wrong keys


def wrong_keys(secret: str) -> dict[str, str]:
    prefix = secret[6:14]
    other = "".join("a" if sign != "a" else "b" for sign in prefix)
    return {
        "secret": secret[:20] + ("a" if secret[20] != "a" else "b") + secret[21:],
        "checksum": secret[:-1] + ("a" if secret[-1] != "a" else "b"),
        "prefix": secret.replace(prefix, other),
        "length": secret[:-1],
        "form": f"hilum_{prefix}_" + "!" * 49,
        "nothing but the beginning": "hilum_",
        "case": secret.swapcase(),
    }


async def test_a_wrong_key_is_refused_alike_whatever_is_wrong(edge: Edge, rows: Rows) -> None:
    await application(edge, rows, *Scope)
    wrong = wrong_keys(edge.tokens["application"])

    answers, statements = {}, {}
    for name, key in wrong.items():
        with counted_statements(edge.house) as asked:
            answers[name] = await edge.ask(VIEWER, authorization=f"Bearer {key}")
        statements[name] = tuple(asked)
    closed = [await close_code_of(edge, key) for key in wrong.values()]

    assert list(answers.values()) == [{"data": {"viewer": None}}] * len(wrong)
    assert len({statements[name] for name in wrong if name != "case"}) == 1  # asked the same, so as long
    assert closed == [4403] * len(wrong)


async def test_a_wrong_key_takes_as_long_whatever_is_wrong(edge: Edge, rows: Rows) -> None:
    await application(edge, rows, *Scope)
    wrong = wrong_keys(edge.tokens["application"])
    times: dict[str, list[float]] = {name: [] for name in ("secret", "checksum", "prefix", "form")}

    for _ in range(40):
        for name, seconds in times.items():
            began = time.perf_counter()
            assert await accounts.find_actor(edge.house, wrong[name]) is None
            seconds.append(time.perf_counter() - began)

    middle = {name: sorted(seconds)[len(seconds) // 2] for name, seconds in times.items()}
    assert max(middle.values()) < 2 * min(middle.values()), middle


# the end of a key


async def test_a_revoked_key_is_refused_at_its_next_request(edge: Edge, rows: Rows) -> None:
    key = await application(edge, rows, *Scope)
    before = await edge.data(VIEWER, who="application")

    payload = (await edge.data(REVOKE, {"id": node_id("ApiKey", key.key)}, "administrator"))["revokeApiKey"]
    after = await edge.data(VIEWER, who="application")
    again = (await edge.data(REVOKE, {"id": node_id("ApiKey", key.key)}, "administrator"))["revokeApiKey"]

    assert (before["viewer"] is not None, after["viewer"]) == (True, None)
    assert payload["errors"] == again["errors"] == []
    assert payload["apiKey"]["revokedAt"] == again["apiKey"]["revokedAt"] is not None
    assert await close_code_of(edge, edge.tokens["application"]) == 4403


async def test_what_listens_ends_within_two_seconds_of_the_key(edge: Edge, rows: Rows) -> None:
    key = await application(edge, rows, *Scope)
    async with edge.socket("application") as socket, streaming(edge, NEWS, {}) as stream:
        await socket.subscribe(NEWS)
        await until_followed(edge, 4)  # each follows two streams

        began = time.monotonic()
        await edge.data(REVOKE, {"id": node_id("ApiKey", key.key)}, "administrator")
        told = await asyncio.gather(end_of(socket.receive()), end_of(next_data(stream)))

    assert time.monotonic() - began < AT_ONCE
    assert all("UNAUTHENTICATED" in word or word == "closed" for word in told), told


async def test_what_listens_ends_within_two_seconds_of_the_keys_expiry(edge: Edge, rows: Rows) -> None:
    key = await application(edge, rows, *Scope)
    async with edge.socket("application") as socket, streaming(edge, NEWS, {}) as stream:
        await socket.subscribe(NEWS)
        await until_followed(edge, 4)  # each follows two streams

        await set_end(edge, key.key, now() + timedelta(seconds=0.1))
        began = time.monotonic()
        told = await asyncio.gather(end_of(socket.receive()), end_of(next_data(stream)))

    assert time.monotonic() - began < 0.1 + AT_ONCE
    assert all("UNAUTHENTICATED" in word or word == "closed" for word in told), told
    assert await edge.data(VIEWER, who="application") == {"viewer": None}


async def end_of(hearing: Any) -> str:
    """What was told at the end, or `closed`."""
    try:
        return json.dumps(await hearing)
    except ConnectionClosed:
        return "closed"
