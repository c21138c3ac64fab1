"""A signed address ends with the session or API key that asked for it, and with the right to see what it names."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from sqlalchemy import delete, update
from sqlmodel import col

from api import accounts, partners
from api.app import routes_of
from api.backends import Backends, open_backends
from api.permissions import Actor, Role, Scope
from api.persistence.columns import now
from api.persistence.tables import Case, Participant, Session, User
from api.routes.admission import LiveAdmission
from api.settings import Settings
from api.storage.object_store import PartedFile
from api.unit_of_work import House
from schema.node_ids import node_id
from tests.deliveries import take_in
from tests.holdings import stacks_of
from tests.people import People, make_people
from tests.schema.edge import Edge, serve_edge
from tests.statements import counted_statements
from tests.synthetic_ct import ct_files

CHECK_SECONDS = 0.3
SOON = 5.0
LATER = timedelta(minutes=5)
STACK = """query($id: ID!) { node(id: $id) { ... on Stack { frames { urlTemplate expiresAt } previews { urlTemplate }
  series { thumbnail { url } } } } }"""
SIGN_OUT = "mutation { signOut { ok errors { code } } }"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", address_check_seconds=CHECK_SECONDS)


@pytest.fixture
async def backends(settings: Settings, database_url: str) -> AsyncIterator[Backends]:
    async with open_backends(settings, database_url) as opened:
        yield opened


@dataclass
class Site:
    """A whole Hilum on a socket, with a clinician's case that the patient takes part in."""

    edge: Edge
    house: House
    people: People
    case_key: UUID
    stack_key: UUID

    async def signed_in(self, actor: Actor) -> tuple[Actor, str]:
        """The actor in a session that is really there, and their access token."""
        session = Session(user_key=actor.user_key, refresh_hash=str(actor.user_key), ends_at=now() + timedelta(hours=1))
        async with self.house.unit_of_work() as uow:
            uow.session.add(session)
        return replace(actor, session_key=session.key), self.house.tokens.issue(actor.user_key, session.key)[0]

    async def frame(self, token: str) -> str:
        """The address of the first frame, as the API gives it."""
        answer = await self.edge.ask(STACK, {"id": node_id("Stack", self.stack_key)}, authorization=f"Bearer {token}")
        template: str = answer["data"]["node"]["frames"]["urlTemplate"]
        return template.replace("{index}", "0")

    async def get(self, url: str, **headers: str) -> httpx.Response:
        return await self.edge.http.get(urlsplit(url).path, headers=headers)

    async def put_part(self, url: str) -> httpx.Response:
        return await self.edge.http.put(urlsplit(url).path, content=b"part")

    async def until_refused(self, ask: Callable[[], Awaitable[httpx.Response]]) -> float:
        """Seconds until the address was refused; until then it worked."""
        began = time.monotonic()
        async with asyncio.timeout(SOON):
            while (answer := await ask()).status_code != 403:
                assert answer.status_code in (200, 304), answer.text
                await asyncio.sleep(0.02)
        return time.monotonic() - began


@pytest.fixture
async def site(backends: Backends) -> AsyncIterator[Site]:
    house = backends.house
    people = await make_people(house)
    case_key = (await take_in(house, people.clinician, ct_files(3))).case.key
    (stack,) = await stacks_of(house, case_key)
    async with house.unit_of_work() as uow:
        uow.session.add(Participant(case_key=case_key, user_key=people.patient.user_key, access="READER"))
    async with serve_edge(house, {}, routes_of(backends)) as edge:
        yield Site(edge, house, people, case_key, stack.key)


async def test_frames_are_served_while_the_session_lives_and_refused_once_it_ended(site: Site) -> None:
    _, token = await site.signed_in(site.people.clinician)
    url = await site.frame(token)
    whole = await site.get(url)
    tag = {"if-none-match": whole.headers["etag"]}
    assert (whole.status_code, (await site.get(url, **tag)).status_code) == (200, 304)

    await site.edge.ask(SIGN_OUT, authorization=f"Bearer {token}")

    assert await site.until_refused(lambda: site.get(url)) < CHECK_SECONDS + 1
    after = [await site.get(url, **tag), await site.get(url.removesuffix("0") + "1"), await site.get(url + "99")]
    assert [answer.status_code for answer in after] == [403] * 3


async def test_thumbnails_end_with_the_session_too(site: Site) -> None:
    actor, token = await site.signed_in(site.people.clinician)
    stack_id = node_id("Stack", site.stack_key)
    answer = await site.edge.ask(STACK, {"id": stack_id}, authorization=f"Bearer {token}")
    url = answer["data"]["node"]["series"]["thumbnail"]["url"]
    assert (await site.get(url)).status_code == 200

    async with site.house.unit_of_work(actor) as uow:
        await accounts.sign_out(uow)

    assert await site.until_refused(lambda: site.get(url)) < CHECK_SECONDS + 1


async def test_parts_are_refused_once_the_session_ended(site: Site) -> None:
    actor, token = await site.signed_in(site.people.clinician)
    store = site.house.store
    await store.begin_files(["f"])
    url = (await store.sign_part(PartedFile("f", 1), 1, 4, None, now() + LATER, actor)).url
    assert (await site.put_part(url)).status_code == 200

    await site.edge.ask(SIGN_OUT, authorization=f"Bearer {token}")

    assert await site.until_refused(lambda: site.put_part(url)) < CHECK_SECONDS + 1


async def test_frames_are_refused_once_the_case_is_no_longer_shared(site: Site) -> None:
    _, token = await site.signed_in(site.people.patient)
    url = await site.frame(token)
    assert (await site.get(url)).status_code == 200

    async with site.house.unit_of_work() as uow:
        await uow.session.execute(delete(Participant).where(col(Participant.user_key) == site.people.patient.user_key))

    assert await site.until_refused(lambda: site.get(url)) < CHECK_SECONDS + 1


async def test_frames_are_refused_once_the_case_is_deleted(site: Site) -> None:
    _, token = await site.signed_in(site.people.clinician)
    url = await site.frame(token)
    assert (await site.get(url)).status_code == 200

    async with site.house.unit_of_work() as uow:
        await uow.session.execute(update(Case).where(col(Case.key) == site.case_key).values(deleted_at=now()))

    assert await site.until_refused(lambda: site.get(url)) < CHECK_SECONDS + 1


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": Role.PATIENT.value}])
async def test_frames_are_refused_once_the_account_is_disabled_or_has_another_role(
    site: Site, change: dict[str, object]
) -> None:
    actor, token = await site.signed_in(site.people.clinician)
    url = await site.frame(token)
    assert (await site.get(url)).status_code == 200

    async with site.house.unit_of_work() as uow:
        await uow.session.execute(update(User).where(col(User.key) == actor.user_key).values(**change))

    assert await site.until_refused(lambda: site.get(url)) < CHECK_SECONDS + 1


async def test_object_of_a_case_is_refused_once_the_case_may_no_longer_be_seen(site: Site) -> None:
    actor, _ = await site.signed_in(site.people.patient)
    await site.house.store.put("reports/one.pdf", b"%PDF")
    url = await site.house.store.sign_read("reports/one.pdf", "application/pdf", now() + LATER, actor, site.case_key)
    assert (await site.get(url)).content == b"%PDF"

    async with site.house.unit_of_work() as uow:
        await uow.session.execute(delete(Participant).where(col(Participant.user_key) == actor.user_key))

    assert await site.until_refused(lambda: site.get(url)) < CHECK_SECONDS + 1


async def test_object_of_no_case_is_refused_once_the_session_ended(site: Site) -> None:
    actor, token = await site.signed_in(site.people.clinician)
    await site.house.store.put("reports/one.pdf", b"%PDF")
    url = await site.house.store.sign_read("reports/one.pdf", "application/pdf", now() + LATER, actor)
    assert (await site.get(url)).status_code == 200

    await site.edge.ask(SIGN_OUT, authorization=f"Bearer {token}")

    assert await site.until_refused(lambda: site.get(url)) < CHECK_SECONDS + 1


async def test_addresses_that_never_were_that_ended_and_that_one_may_not_see_are_refused_alike(site: Site) -> None:
    actor, token = await site.signed_in(site.people.clinician)
    stranger, _ = await site.signed_in(site.people.stranger)
    store = site.house.store
    mine = await site.frame(token)
    theirs = await store.sign_frames("frames", site.stack_key, now() + LATER, stranger)
    nothing = await store.sign_frames("frames", stranger.user_key, now() + LATER, actor)
    await site.edge.ask(SIGN_OUT, authorization=f"Bearer {token}")

    urls = [mine, theirs, nothing, mine.replace("/frames/", "/frames/A")]
    answers = [await site.get(url.replace("{index}", "0")) for url in urls]

    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.text for answer in answers}) == 1


async def test_a_burst_of_frames_asks_the_database_once(backends: Backends, site: Site) -> None:
    house = replace(site.house, settings=site.house.settings.model_copy(update={"address_check_seconds": 30.0}))
    _, token = await site.signed_in(site.people.clinician)
    url = await site.frame(token)
    async with serve_edge(house, {}, routes_of(replace(backends, house=house))) as edge:
        with counted_statements(house) as first:
            await asyncio.gather(*(edge.http.get(urlsplit(url).path) for _ in range(20)))
        with counted_statements(house) as again:
            answers = await asyncio.gather(*(edge.http.get(urlsplit(url).path) for _ in range(20)))

    assert {answer.status_code for answer in answers} == {200}
    assert len([text for text in first if "FROM sessions" in text or "JOIN sessions" in text]) == 1
    # What was seen is written down anew where a minute begins between the two bursts.
    assert [text for text in again if "audit_" not in text] == []


async def test_address_of_an_application_ends_at_once_when_its_key_is_revoked(backends: Backends, site: Site) -> None:
    house = replace(site.house, settings=site.house.settings.model_copy(update={"address_check_seconds": 30.0}))
    async with house.unit_of_work(site.people.administrator) as uow:
        made = await partners.create_key(uow, "Viewer", [Scope.CASES_READ], None)
    url = await site.frame(made.secret)
    async with serve_edge(house, {}, routes_of(replace(backends, house=house))) as edge:
        assert (await edge.http.get(urlsplit(url).path)).status_code == 200

        async with house.unit_of_work(site.people.administrator) as uow:
            await partners.revoke_key(uow, made.row.key)

        assert await site.until_refused(lambda: edge.http.get(urlsplit(url).path)) < 2


async def test_no_more_is_remembered_than_is_allowed(site: Site) -> None:
    actors = [(await site.signed_in(actor))[0] for actor in (site.people.clinician, site.people.colleague)]
    admission = LiveAdmission(site.house, most=2)

    for actor in actors:
        await admission.admit(actor)
        await admission.admit_to_stack(actor, site.stack_key)

    assert site.house.hub.followers + getattr(site.house.hub, "watchers", 0) == 2
    admission.close()
    assert site.house.hub.followers + getattr(site.house.hub, "watchers", 0) == 0


@pytest.mark.parametrize("name", ["frame_url_seconds", "part_url_seconds"])
def test_no_setting_makes_an_address_live_longer_than_five_minutes(name: str) -> None:
    with pytest.raises(ValueError, match="less than or equal to 300"):
        Settings.model_validate({name: 301})


def test_no_setting_lets_an_ended_session_go_on_for_more_than_a_minute() -> None:
    with pytest.raises(ValueError, match="less than or equal to 60"):
        Settings(address_check_seconds=61)
