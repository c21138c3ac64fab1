"""TLS 1.2 and newer, with certificates that are read again when they change."""

import asyncio
import logging
import ssl
from pathlib import Path
from typing import Final

from api.network import certificates
from api.settings import Settings

log = logging.getLogger(__name__)

CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2; those of 1.3 are all good
LOOK_SECONDS: Final = 3600.0


class Certificate:
    """The certificate that is served: the operator's, or our own, made and renewed here."""

    def __init__(self, settings: Settings) -> None:
        """Raises OSError or ssl.SSLError for files that are no certificate and its key."""
        self._settings = settings
        self._files = certificates.files_of(settings)
        if settings.tls_cert is not None and settings.tls_key is not None:
            self.chain, self.key = settings.tls_cert.expanduser(), settings.tls_key.expanduser()
        else:
            self.chain, self.key = self._files.server, self._files.server_key
            self._ensure()
        self.context = server_context()
        self._load()

    def renew(self) -> bool:
        """Make our own anew where it is time; whether another one is served to those who come from now on."""
        if self._settings.tls == "generated":
            self._ensure()
        if _stamp(self.chain) == self._loaded:
            return False
        self._load()
        return True

    async def keep(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                if await asyncio.to_thread(self.renew):
                    log.info("another TLS certificate is served")
            except (OSError, ssl.SSLError) as error:  # the old one is good for a while
                log.error("the TLS certificate could not be renewed: %s", type(error).__name__)

    def _ensure(self) -> None:
        certificates.ensure(self._files, certificates.Names.of(self._settings))

    def _load(self) -> None:
        stamp = _stamp(self.chain)
        self.context.load_cert_chain(self.chain, self.key)
        self._loaded = stamp


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    return context


def client_context(data: Path) -> ssl.SSLContext:
    """For our own commands: trusts what the machine trusts, and the authority in the data folder if there is one."""
    context = ssl.create_default_context()
    authority = certificates.Files(data / certificates.FOLDER).authority
    if authority.is_file():
        context.load_verify_locations(authority)
    return context


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_ino
