"""The installation's own authority, and the certificate that it signs."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509

from api.network.certificates import SERVER_DAYS, Files, Names, ensure, files_of, fingerprint
from api.settings import Settings

NAMES = Names(("laptop", "localhost"), (ip_address("127.0.0.1"), ip_address("192.168.1.20")))
NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "tls")


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_keys_are_readable_by_their_owner_alone(files: Files) -> None:
    ensure(files, NAMES)

    assert files.folder.stat().st_mode & 0o777 == 0o700
    for key in (files.authority_key, files.server_key):
        assert key.stat().st_mode & 0o777 == 0o600


def test_what_is_good_stays(files: Files) -> None:
    assert ensure(files, NAMES, NOW) is True
    before = [path.read_bytes() for path in sorted(files.folder.iterdir())]

    assert ensure(files, NAMES, NOW + timedelta(days=50)) is False
    assert [path.read_bytes() for path in sorted(files.folder.iterdir())] == before


def test_a_certificate_is_renewed_before_it_ends_and_phones_need_not_trust_anew(files: Files) -> None:
    ensure(files, NAMES, NOW)
    trusted = files.authority.read_bytes()

    assert ensure(files, NAMES, NOW + timedelta(days=61)) is True
    assert files.authority.read_bytes() == trusted
    assert read(files.server).not_valid_after_utc == NOW + timedelta(days=61 + SERVER_DAYS)


def test_an_authority_near_its_end_is_followed_by_another(files: Files) -> None:
    ensure(files, NAMES, NOW)
    first = fingerprint(files.authority)

    ensure(files, NAMES, NOW + timedelta(days=5 * 365 - 10))

    assert fingerprint(files.authority) != first
    read(files.server).verify_directly_issued_by(read(files.authority))


def test_a_new_address_of_the_network_makes_a_new_certificate_under_the_same_authority(files: Files) -> None:
    ensure(files, NAMES, NOW)
    trusted = files.authority.read_bytes()

    assert ensure(files, Names(NAMES.hosts, (*NAMES.addresses, ip_address("10.0.0.7"))), NOW) is True
    assert files.authority.read_bytes() == trusted


def test_the_authority_is_good_for_this_machine_and_private_networks_only(files: Files) -> None:
    ensure(files, NAMES, NOW)
    first = fingerprint(files.authority)
    constraints = read(files.authority).extensions.get_extension_for_class(x509.NameConstraints)

    ensure(files, Names(("laptop", "localhost", "hilum.example"), NAMES.addresses), NOW)

    permitted = constraints.value.permitted_subtrees
    assert permitted is not None
    assert constraints.critical
    assert [each.value for each in permitted if isinstance(each, x509.DNSName)] == ["laptop", "localhost"]
    assert all(each.value.is_private or str(each.value) == "100.64.0.0/10" for each in permitted
               if isinstance(each, x509.IPAddress))  # fmt: skip
    assert fingerprint(files.authority) != first


@pytest.mark.parametrize("broken", ["ca.key", "ca.crt", "server.key", "server.crt"])
def test_broken_or_missing_files_are_made_anew(files: Files, broken: str) -> None:
    ensure(files, NAMES, NOW)
    (files.folder / broken).write_bytes(b"-----BEGIN NONSENSE-----")

    ensure(files, NAMES, NOW)
    (files.folder / broken).unlink()
    ensure(files, NAMES, NOW)

    read(files.server).verify_directly_issued_by(read(files.authority))


def test_names_are_those_of_the_machine_and_those_that_browsers_use(tmp_path: Path) -> None:
    settings = Settings(host="0.0.0.0", public_url="https://hilum.example:8443", tls="generated", data_dir=tmp_path)

    names = Names.of(settings)

    assert {"hilum.example", "localhost"} <= set(names.hosts)
    assert ip_address("127.0.0.1") in names.addresses
    assert not any(address.is_unspecified for address in names.addresses)
    assert files_of(settings).authority == tmp_path.resolve() / "tls" / "ca.crt"
