"""Who is let in when many are."""

from api.network.connections import Guard
from api.settings import Settings


def test_a_trusted_proxy_brings_many_and_all_together_have_a_limit() -> None:
    guard = Guard(Settings(trusted_proxies="10.0.0.0/8, ::1", connections_per_address=1, connections=3))
    for address in ("10.1.2.3", "198.51.100.7"):
        guard.census.enter(address)

    assert not guard.is_full("10.1.2.3")
    assert guard.is_full("198.51.100.7")
    assert not guard.is_full("198.51.100.8")
    assert guard.is_full("198.51.100.8", beside=1)
    guard.census.enter("198.51.100.9")
    assert guard.is_full("10.1.2.3")
    assert guard.is_full(None)
