"""Headers on every answer that keep a browser from doing what nobody meant (OWASP Secure Headers).

The policy is the strictest that the app runs under: no inline code, nothing evaluated, and a text becomes a script's
address through the app's own policy `hilum` only (Trusted Types). WebAssembly is compiled in the decoder's worker and
nowhere else: a worker keeps the policy that came with its own script.
"""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import NotPermitted
from api.routes.refusals import refuse_at
from api.routes.tracing import STARTS

# Pictures are decoded to blobs.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types hilum"
)
DECODER_POLICY: Final = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",  # for browsers that do not read frame-ancestors
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(), "
    "bluetooth=(), display-capture=(), browsing-topics=()",
}
STRICT_TRANSPORT: Final = "max-age=63072000"  # two years; nothing is said of other hosts under this name
SAFE_METHODS: Final = frozenset({"GET", "HEAD"})


class SecurityHeaders:
    """Adds each header that the answer has not set itself.

    own_url: where browsers reach this server. Where that is https, and the proxy before us says that somebody came by
    plain HTTP, they are sent there.
    """

    def __init__(self, app: ASGIApp, own_url: str) -> None:
        self.app, self._own_url = app, own_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        is_secure = scope["scheme"] in ("https", "wss")

        async def send_with_headers(message: Message) -> None:
            if message["type"] in STARTS:
                message.setdefault("headers", [])
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if is_secure:
                    headers.setdefault("strict-transport-security", STRICT_TRANSPORT)
            await send(message)

        if scope["type"] == "http" and self._came_in_clear(scope):
            await self._sent_away(scope)(scope, receive, send_with_headers)
        else:
            await self.app(scope, receive, send_with_headers)

    def _came_in_clear(self, scope: Scope) -> bool:
        """A proxy that says nothing may have ended TLS all the same; health is asked for by machines within."""
        if not self._own_url.startswith("https:") or scope["path"].startswith("/health/"):
            return False
        return scope["scheme"] == "http" and Request(scope).headers.get("x-forwarded-proto") == "http"

    def _sent_away(self, scope: Scope) -> Response:
        if scope["method"] in SAFE_METHODS:
            query = scope["query_string"].decode("latin-1")
            return RedirectResponse(f"{self._own_url}{Request(scope).url.path}" + (f"?{query}" if query else ""), 308)
        return refuse_at(scope["path"], NotPermitted(f"Nothing is taken over plain HTTP. Use {self._own_url}."))
