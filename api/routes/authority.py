"""The certificate of the installation's own authority, for phones to install (HILUM_TLS=generated)."""

import asyncio
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PATH: Final = "/hilum-ca.crt"
MEDIA_TYPE: Final = "application/x-x509-ca-cert"  # phones offer to install what has it


def routes(certificate: Path | None) -> list[Route]:
    """certificate: PEM; None where the certificate that is served is somebody else's."""
    if certificate is None:
        return []

    async def download(request: Request) -> Response:
        headers = {"content-disposition": 'attachment; filename="hilum-ca.crt"', "cache-control": "no-cache"}
        content = await asyncio.to_thread(certificate.read_bytes)
        return Response(content, headers=headers, media_type=MEDIA_TYPE)

    return [Route(PATH, download)]
