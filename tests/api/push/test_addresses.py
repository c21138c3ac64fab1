"""Where a push may go: to public addresses, by https, and to the very address that was asked about."""

import asyncio
import socket
from typing import Any

import pytest

from api.errors import Invalid
from api.push import addresses
from api.push.addresses import NotFoundByName, NotPublic, find_destination, is_public_by_name, parse_endpoint

NOBODY: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example/x",
        "ftp://push.example/x",
        "https://",
        "https:///x",
        "push.example/x",
        "https://user:word@push.example/x",
        "https://user@push.example/x",
        "https://push.example/x#part",
        "https://push.example/x#",
        "https://push.example:99999/x",
        "https://push.example:0/x",
        "https://push.example/a b",
        "https://push.example/a\r\nhost: other",
        "https://püsh.example/x",
        "https://push.example/" + "x" * 2000,
        "",
    ],
)
def test_what_is_no_https_address_is_refused(endpoint: str) -> None:
    with pytest.raises(Invalid):
        parse_endpoint(endpoint)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255"),
        *("[::1]", "[::]", "[fe80::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "[ff02::1]"),
        *("localhost", "LOCALHOST", "db.localhost", "printer.local", "db.internal", "database"),
    ],
)
def test_an_address_that_only_the_server_can_reach_is_refused_when_it_is_registered(host: str) -> None:
    assert not is_public_by_name(f"https://{host}/x", NOBODY)
    assert is_public_by_name(f"https://{host}/x", frozenset({host.strip("[]").lower()}))


@pytest.mark.parametrize("host", ["push.example", "8.8.8.8", "[2001:4860:4860::8888]", "fcm.googleapis.com."])
def test_a_public_one_is_taken(host: str) -> None:
    assert is_public_by_name(f"https://{host}/x", NOBODY)


def resolving(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    async def answer(self: object, host: str, port: int, **_: Any) -> list[Any]:
        family = socket.AF_INET6 if ":" in found[0] else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", answer)


@pytest.mark.parametrize("found", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::1"], ["::ffff:169.254.169.254"]])
async def test_a_public_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch, found: list[str]) -> None:
    resolving(monkeypatch, *found)

    with pytest.raises(NotPublic):
        await find_destination("https://push.example/x", NOBODY, 1.0)


async def test_the_connection_goes_to_the_address_that_was_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "8.8.8.8")

    found = await find_destination("https://Push.Example/x", NOBODY, 1.0)
    allowed = await find_destination("https://push.example:8443/x", frozenset({"push.example"}), 1.0)

    assert (found.host, found.address, found.port) == ("push.example", "8.8.8.8", 443)
    assert allowed.port == 8443


async def test_another_port_is_for_hosts_that_the_operator_named(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "8.8.8.8")

    assert not is_public_by_name("https://push.example:22/x", NOBODY)
    with pytest.raises(NotPublic):
        await find_destination("https://push.example:22/x", NOBODY, 1.0)


async def test_an_address_without_a_name_behind_it_is_tried_later(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(self: object, *_: Any, **__: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", fail)

    with pytest.raises(NotFoundByName):
        await find_destination("https://push.example/x", NOBODY, 1.0)


def test_the_longest_endpoint_is_named_in_the_refusal() -> None:
    with pytest.raises(Invalid, match=str(addresses.ENDPOINT_LENGTH)):
        parse_endpoint("x")
