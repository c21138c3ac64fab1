"""A certificate authority of this installation alone, and the server certificate that it signs.

For trying Hilum from a phone on the same network. The authority's certificate can be installed on the phone; it is good
for this machine's names and for private networks only (Name Constraints, RFC 5280 §4.2.1.10), so that its key, should
it be stolen, makes nobody a bank. Apple's devices take server certificates of at most 825 days.
"""

import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from api.settings import Settings
from api.settings.addresses import is_every_network

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
Key: TypeAlias = ec.EllipticCurvePrivateKey

FOLDER: Final = "tls"
AUTHORITY_DAYS: Final = 5 * 365
SERVER_DAYS: Final = 90
RENEWED_DAYS: Final = 30  # before its end
CLOCK_SKEW: Final = timedelta(days=1)  # of the phone
PRIVATE: Final[tuple[Network, ...]] = tuple(
    ip_network(network)
    for network in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "100.64.0.0/10"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
)
# Addresses of documentation (RFC 5737, RFC 3849): the way there tells which of our own addresses leads out.
OUTSIDE: Final = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


@dataclass(frozen=True)
class Names:
    """What a server certificate is good for."""

    hosts: tuple[str, ...]
    addresses: tuple[Address, ...]

    @classmethod
    def of(cls, settings: Settings) -> "Names":
        """The machine's own, the one it listens on, and the one that browsers use."""
        machine = socket.gethostname().lower()
        given = [machine, "localhost", "127.0.0.1", "::1", *own_addresses(), urlsplit(settings.url).hostname or ""]
        if "." not in machine:
            given.append(f"{machine}.local")
        if not is_every_network(settings.host):
            given.append(settings.host)
        hosts: set[str] = set()
        addresses: set[Address] = set()
        for name in filter(None, given):
            try:
                addresses.add(ip_address(name.partition("%")[0]))
            except ValueError:
                if name.isascii():
                    hosts.add(name)
        return cls(tuple(sorted(hosts)), tuple(sorted(addresses, key=lambda each: (each.version, int(each)))))


@dataclass(frozen=True)
class Files:
    """In the data folder."""

    folder: Path

    @property
    def authority(self) -> Path:
        """What a phone installs."""
        return self.folder / "ca.crt"

    @property
    def authority_key(self) -> Path:
        return self.folder / "ca.key"

    @property
    def server(self) -> Path:
        return self.folder / "server.crt"

    @property
    def server_key(self) -> Path:
        return self.folder / "server.key"


def files_of(settings: Settings) -> Files:
    return Files(settings.data / FOLDER)


def ensure(files: Files, names: Names, at: datetime | None = None) -> bool:
    """Whether the server's certificate was made anew: absent, near its end, or not good for all names.

    The authority stays as long as it can, for phones trust it by hand. Keys are readable by their owner alone.
    """
    at = at or datetime.now(UTC)
    files.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = _read(files.authority, files.authority_key)
    if authority is None or not _lasts(authority[0], at, SERVER_DAYS) or not _permits(authority[0], names):
        authority = _make_authority(names, at)
        _write(files.authority, files.authority_key, *authority)
    server = _read(files.server, files.server_key)
    if server is not None and _lasts(server[0], at, RENEWED_DAYS) and _is_good(server[0], authority[0], names):
        return False
    _write(files.server, files.server_key, *_make_server(names, at, *authority))
    return True


def fingerprint(certificate: Path) -> str:
    """SHA-256, in pairs of hexadecimal digits, as phones and browsers show it."""
    digest = x509.load_pem_x509_certificate(certificate.read_bytes()).fingerprint(hashes.SHA256())
    return digest.hex(":").upper()


def own_addresses() -> list[str]:
    """Of this machine on its networks. Nothing is sent: connecting a datagram socket only chooses a way."""
    found: set[str] = set()
    for family, outside in OUTSIDE:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((outside, 9))
                found.add(str(probe.getsockname()[0]))
        except OSError:
            continue  # no such network here
    return sorted(found)


def _make_authority(names: Names, at: datetime) -> tuple[x509.Certificate, Key]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"Hilum on {socket.gethostname()}")
    networks = [*PRIVATE]
    networks += [ip_network(each) for each in names.addresses if not _is_private(each)]
    permitted: list[x509.GeneralName] = [x509.DNSName(host) for host in names.hosts]
    permitted += [x509.IPAddress(network) for network in networks]
    builder = (
        _builder(name, name, key.public_key(), at, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return builder.sign(key, hashes.SHA256()), key


def _make_server(names: Names, at: datetime, authority: x509.Certificate, signing: Key) -> tuple[x509.Certificate, Key]:
    key = ec.generate_private_key(ec.SECP256R1())
    good_for: list[x509.GeneralName] = [x509.DNSName(host) for host in names.hosts]
    good_for += [x509.IPAddress(address) for address in names.addresses]
    identifier = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        _builder(_name("Hilum"), authority.subject, key.public_key(), at, SERVER_DAYS)
        .add_extension(x509.SubjectAlternativeName(good_for), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
    )
    return builder.sign(signing, hashes.SHA256()), key


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, at: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - CLOCK_SKEW)
        .not_valid_after(at + timedelta(days=days))
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _usage(*, key_cert_sign: bool = False, digital_signature: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _is_private(address: Address) -> bool:
    return any(address in network for network in PRIVATE)


def _lasts(certificate: x509.Certificate, at: datetime, days: int) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc - timedelta(days=days)


def _permits(authority: x509.Certificate, names: Names) -> bool:
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    hosts = [each.value for each in constraints.permitted_subtrees or () if isinstance(each, x509.DNSName)]
    networks = [each.value for each in constraints.permitted_subtrees or () if isinstance(each, x509.IPAddress)]
    return all(host in hosts for host in names.hosts) and all(
        any(address in network for network in networks if isinstance(network, IPv4Network | IPv6Network))
        for address in names.addresses
    )


def _is_good(server: x509.Certificate, authority: x509.Certificate, names: Names) -> bool:
    try:
        server.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    good_for = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    hosts, addresses = good_for.get_values_for_type(x509.DNSName), good_for.get_values_for_type(x509.IPAddress)
    return set(names.hosts) <= set(hosts) and set(names.addresses) <= set(addresses)


def _read(certificate: Path, key: Path) -> tuple[x509.Certificate, Key] | None:
    """None where they are absent, broken, or not each other's."""
    try:
        read = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except (FileNotFoundError, ValueError):
        return None
    is_pair = isinstance(private, ec.EllipticCurvePrivateKey) and private.public_key() == read.public_key()
    return (read, private) if isinstance(private, ec.EllipticCurvePrivateKey) and is_pair else None


def _write(certificate_path: Path, key_path: Path, certificate: x509.Certificate, key: Key) -> None:
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _replace(key_path, secret, 0o600)
    _replace(certificate_path, certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def _replace(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all, and a key never readable by others, not even for a moment."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    draft.replace(path)
