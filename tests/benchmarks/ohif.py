"""OHIF's published build on an Orthanc with its DICOMweb plugin, to compare opening a study with.

Its files are fetched into a folder of the user's cache, compressed as they come to a browser, and nothing of them is
part of Hilum. MIT (OHIF), GPL (Orthanc, which only runs beside).
"""

import gzip
import io
import json
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from tests.benchmarks.cache import cache_folder

VERSION = "3.13.2"
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
HOW_TO_INSTALL = "apt-get install --no-install-recommends orthanc orthanc-dicomweb; npm fetches OHIF"
ORTHANC_SETTINGS = {"Plugins": [str(PLUGIN)], "DicomWeb": {"Enable": True, "Root": "/dicom-web/"}}
MEDIA_TYPES = {
    ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm",
    ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon",
}  # fmt: skip
COMPRESSED = (".html", ".js", ".css", ".wasm", ".json", ".svg")
CONFIGURATION = {
    "routerBasename": "/",
    "extensions": [],
    "modes": [],
    "showStudyList": False,
    "maxNumberOfWebWorkers": 3,
    "showLoadingIndicator": True,
    "showWarningMessageForCrossOrigin": False,
    "investigationalUseDialog": {"option": "never"},
    "defaultDataSourceName": "dicomweb",
    "dataSources": [
        {
            "namespace": "@ohif/extension-default.dataSourcesModule.dicomweb",
            "sourceName": "dicomweb",
            "configuration": {
                "friendlyName": "Orthanc",
                "name": "orthanc",
                "wadoUriRoot": "/dicom-web",
                "qidoRoot": "/dicom-web",
                "wadoRoot": "/dicom-web",
                "qidoSupportsIncludeField": False,
                "imageRendering": "wadors",
                "thumbnailRendering": "wadors",
                "enableStudyLazyLoad": True,
                "supportsFuzzyMatching": False,
                "supportsWildcard": True,
                "singlepart": "bulkdata,pdf,video",
                "acceptHeader": ["multipart/related; type=application/octet-stream; transfer-syntax=*"],
            },
        }
    ],
}


def ohif_files() -> Path:
    """The folder of the build; fetched where it is not there yet."""
    folder = cache_folder() / f"ohif-{VERSION}"
    if not (folder / "package/dist/index.html").is_file():
        command = ["npm", "pack", "--silent", f"@ohif/app@{VERSION}"]
        subprocess.run(command, cwd=cache_folder(), check=True, capture_output=True)
        with tarfile.open(cache_folder() / f"ohif-app-{VERSION}.tgz") as archive:
            archive.extractall(folder, filter="data")
    return folder / "package/dist"


@contextmanager
def served_ohif(files: Path, orthanc_url: str) -> Iterator[int]:
    """The port where OHIF and, of the same origin, Orthanc's DICOMweb are."""
    handler = type("Handler", (_Handler,), {"files": files, "orthanc": urlsplit(orthanc_url).netloc})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that is closed under way is no fault."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    files: ClassVar[Path]
    orthanc: ClassVar[str]

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/dicom-web"):
            self._pass_on()
        elif path == "/app-config.js":
            self._answer(f"window.config = {json.dumps(CONFIGURATION)};".encode(), ".js")
        else:
            file = self.files / path.lstrip("/")
            # Its places in the app are no files.
            file = file if file.is_file() and file.resolve().is_relative_to(self.files) else self.files / "index.html"
            self._answer(_packed(file) if file.suffix in COMPRESSED else file.read_bytes(), file.suffix, file)

    def _answer(self, content: bytes, suffix: str, packed: Path | None = None) -> None:
        self.send_response(200)
        self.send_header("content-type", MEDIA_TYPES.get(suffix, "application/octet-stream"))
        self.send_header("content-length", str(len(content)))
        if packed is not None and suffix in COMPRESSED:
            self.send_header("content-encoding", "gzip")
        self.end_headers()
        self.wfile.write(content)

    def _pass_on(self) -> None:
        connection = HTTPConnection(self.orthanc, timeout=60)
        told = {name: value for name, value in self.headers.items() if name.lower() not in ("connection", "origin")}
        connection.request("GET", self.path, headers=told)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        self.send_response(answer.status)
        self.send_header("content-type", answer.getheader("content-type") or "application/octet-stream")
        if encoding := answer.getheader("content-encoding"):
            self.send_header("content-encoding", encoding)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@cache
def _packed(file: Path) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6, mtime=0) as stream:
        stream.write(file.read_bytes())
    return packed.getvalue()
