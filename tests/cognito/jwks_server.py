"""An address for public keys that can be slow, wrong, huge or away."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class JwksServer:
    """served: content by path. asked: requests by path. wait: seconds before an answer. drip: seconds between its
    bytes."""

    served: dict[str, bytes] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    status: int = 200
    wait: float = 0.0
    drip: float = 0.0

    def __enter__(self) -> "JwksServer":
        owner = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.asked[self.path] += 1
                time.sleep(owner.wait)
                content = owner.served.get(self.path)
                self.send_response(404 if content is None else owner.status)
                self.send_header("Location", f"http://127.0.0.1:{owner.port}/elsewhere")
                self.end_headers()
                self._send(content or b"")

            def _send(self, content: bytes) -> None:
                try:
                    if not owner.drip:
                        self.wfile.write(content)
                        return
                    for at in range(len(content)):
                        self.wfile.write(content[at : at + 1])
                        time.sleep(owner.drip)
                except OSError:
                    return  # who asked has left

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"
