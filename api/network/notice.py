"""What whoever starts a server is told of its certificate."""

from api.network.certificates import files_of, fingerprint
from api.routes.authority import PATH
from api.settings import Settings


def notice(settings: Settings) -> list[str]:
    """Lines; none where the certificate is somebody else's."""
    if settings.tls != "generated":
        return []
    return [
        f"On a phone: open {settings.url}{PATH}, install it, and trust it if this is its fingerprint (SHA-256):",
        f"  {fingerprint(files_of(settings).authority)}",
    ]
