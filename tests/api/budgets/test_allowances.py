"""Who pays for what, and how much there is."""

from uuid import UUID

from api.budgets.allowances import Bucket, allowance, network_of, payer
from api.permissions import Actor, Role
from api.settings import Settings

UUIDS = [UUID(int=number) for number in range(4)]


def test_a_home_has_one_bucket_however_many_addresses_it_has() -> None:
    assert network_of("198.51.100.7") == network_of("::ffff:198.51.100.7") == "198.51.100.7"
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert network_of("fe80::1%eth0") == "fe80::/64"
    assert network_of(None) == network_of("a proxy's own words") == "unknown"


def test_people_keys_and_addresses_pay_from_buckets_of_their_own() -> None:
    person = Actor(user_key=UUIDS[0], organization_key=UUIDS[1], role=Role.CLINICIAN, session_key=UUIDS[2])
    application = Actor(UUIDS[0], UUIDS[1], Role.PARTNER, api_key_key=UUIDS[3])

    payers = [payer(person, "198.51.100.7"), payer(application, None), payer(None, "198.51.100.7")]

    assert payers == [
        (Bucket.PERSON_COST, str(UUIDS[0])),
        (Bucket.API_KEY_COST, str(UUIDS[3])),
        (Bucket.ADDRESS_COST, "198.51.100.7"),
    ]
    assert [allowance(Settings(), bucket).size for bucket, _ in payers] == [100_000, 100_000, 10_000]


def test_every_bucket_has_its_settings() -> None:
    for bucket in Bucket:
        found = allowance(Settings(), bucket)

        assert found.size >= 1
        assert found.restore > 0
