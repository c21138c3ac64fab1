"""An address that was forged is refused and recorded, once a minute; what is served or too old is not."""

from datetime import UTC, datetime, timedelta

import httpx
from starlette.applications import Starlette

from api.app import routes_of
from api.backends import Backends
from api.permissions import Actor, Role
from api.persistence.audit.entries import Service
from api.persistence.tables import SYSTEM_ORGANIZATION
from api.storage.object_store import PartedFile
from tests.accounts import make_account, sign_in
from tests.audit import acts_of


async def test_forged_addresses_are_recorded_a_minute_and_address(backends: Backends) -> None:
    account = await make_account(backends.house)
    session = (await sign_in(backends.house, account.email)).session
    somebody = Actor(account.user.key, account.user.organization_key, Role.CLINICIAN, session.key)
    later, past = (datetime.now(UTC) + timedelta(minutes=minutes) for minutes in (5, -5))
    await backends.store.put("reports/1", b"one")
    await backends.store.begin_files(["f"])
    good = await backends.store.sign_read("reports/1", "application/pdf", later, somebody)
    old = await backends.store.sign_read("reports/1", "application/pdf", past, somebody)
    part = (await backends.store.sign_part(PartedFile("f", 1), 1, 4, None, later, somebody)).url

    app = Starlette(routes=routes_of(backends))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        served = [(await client.get(address)).status_code for address in (good, old, good + "x", good + "y")]
        sent = (await client.put(part + "x", content=b"part")).status_code

    assert (served, sent) == ([200, 410, 403, 403], 403)
    told = await acts_of(backends.house, SYSTEM_ORGANIZATION, Service.ANONYMOUS.key)
    assert set(told) == {("series:see_frames", None, "refused"), ("upload:send", None, "refused")}
    assert len(told) in (2, 3), "one more where a minute ended meanwhile"
