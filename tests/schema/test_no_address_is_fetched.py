"""Whatever names an address that somebody gave us, nothing of ours goes there (server-side request forgery)."""

import asyncio
import sys
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import httpx
import jwt
import pydicom
import pytest
from pydicom.dataset import Dataset

from schema.node_ids import node_id
from tests.deliveries import take_in
from tests.phantoms import small_phantom
from tests.schema.edge import Edge
from tests.schema.rows import Rows

LINK = "{url}/latest/meta-data"
INVITE = "mutation($i: InviteUserInput!) { inviteUser(input: $i) { errors { code } } }"
TITLE = "mutation($i: UpdateCaseInput!) { updateCase(input: $i) { case { title } } }"
COMMENT = "mutation($i: AddCommentInput!) { addComment(input: $i) { comment { body } } }"
UPLOAD = "mutation($i: CreateUploadInput!) { createUpload(input: $i) { upload { id } errors { code } } }"
EXPORT = "mutation($i: ExportCaseInput!) { exportCase(input: $i) { errors { code } } }"


class Trap:
    """Listens on this machine and notes who comes; and every name that this process looks up."""

    def __init__(self) -> None:
        self.visits = 0
        self.looked_up: list[str] = []
        self.listens = False

    async def visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.listens and event == "socket.getaddrinfo":
            self.looked_up.append(str(arguments[0]))


@pytest.fixture(scope="module")
def ears() -> Trap:
    """Python's audit hooks cannot be taken away: one for the module, deaf between its tests."""
    trap = Trap()
    sys.addaudithook(trap.hear)
    return trap


@pytest.fixture
async def trap(ears: Trap) -> AsyncIterator[tuple[Trap, str]]:
    ears.visits, ears.looked_up, ears.listens = 0, [], True
    async with await asyncio.start_server(ears.visit, "127.0.0.1") as server:
        yield ears, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    ears.listens = False


async def test_the_trap_hears_whoever_comes(trap: tuple[Trap, str]) -> None:
    ears, url = trap
    async with httpx.AsyncClient() as client:
        await client.get(url)
        with pytest.raises(httpx.TransportError):
            await client.get("http://trap.invalid/")

    assert ears.visits == 1
    assert any("trap.invalid" in name.lower() for name in ears.looked_up)


async def test_addresses_in_what_people_write_are_text(edge: Edge, rows: Rows, trap: tuple[Trap, str]) -> None:
    ears, url = trap
    made = await rows.case()
    case_id = node_id("Case", made.case.key)
    await edge.data("{ viewer { user { id } } }", who="clinician")
    for link in (LINK.format(url=url), "http://trap.invalid/x", "//trap.invalid/x", "file:///etc/passwd"):
        body = f'see {link} <img src="{link}"> ![]({link})'
        await edge.data(TITLE, {"i": {"caseId": case_id, "title": body[:100]}}, "clinician")
        await edge.data(COMMENT, {"i": {"caseId": case_id, "body": body}}, "clinician")
        files = [{"name": link, "size": 3}]
        await edge.data(UPLOAD, {"i": {"files": files, "title": link}}, "clinician")
    for email in ("x@trap.invalid", "x@[127.0.0.1]"):
        await edge.data(INVITE, {"i": {"email": email, "role": "CLINICIAN"}}, "administrator")
    await edge.data(EXPORT, {"i": {"caseId": case_id}}, "clinician")

    assert ears.visits == 0
    assert not [name for name in ears.looked_up if "trap" in name.lower()]


async def test_addresses_in_heads_and_tokens_are_not_followed(edge: Edge, trap: tuple[Trap, str]) -> None:
    ears, url = trap
    heads = {"jku": f"{url}/keys", "x5u": f"{url}/certificate", "kid": f"{url}/kid"}
    token = jwt.encode({"sub": "x", "iss": url, "aud": "hilum"}, "k" * 32, "HS256", headers=heads)
    for named in ("http://trap.invalid", url):
        host = named.partition("//")[2]
        sent = {
            "authorization": f"Bearer {token}",
            "host": host,
            "origin": named,
            "referer": named,
            "x-forwarded-host": host,
            "forwarded": f"host={host}",
            "traceparent": named,
        }
        await edge.http.post("/graphql", json={"query": "{ __typename }"}, headers=sent)
        await edge.http.get(f"/frames/{named}", headers=sent)

    assert ears.visits == 0
    assert not [name for name in ears.looked_up if "trap" in name.lower()]


async def test_addresses_in_images_are_not_followed(edge: Edge, rows: Rows, trap: tuple[Trap, str]) -> None:
    """PS3.3: Retrieve URL, Retrieve URI, Pixel Data Provider URL name places where more is to be had."""
    ears, url = trap
    files = {}
    for name, content in small_phantom(seed=91, slices=4).items():
        slice_ = pydicom.dcmread(BytesIO(content))
        slice_.RetrieveURL = LINK.format(url=url)
        slice_.RetrieveURI = "http://trap.invalid/dicom"
        slice_.PixelDataProviderURL = "http://trap.invalid/pixels"
        encapsulated = Dataset()
        encapsulated.RetrieveURL = LINK.format(url=url)
        slice_.ReferencedInstanceSequence = [encapsulated]
        target = BytesIO()
        slice_.save_as(target)
        files[name] = target.getvalue()
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}/x"/></svg>'
    files["drawing.svg"] = drawing.encode()

    received = await take_in(edge.house, rows.actor("clinician"), files)

    assert received.accepted == 4
    assert ears.visits == 0
    assert not [name for name in ears.looked_up if "trap" in name.lower()]
