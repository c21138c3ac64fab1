"""The forms in which people bring their images: each holds the same three slices, or one picture."""

import gc
import io
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from pydicom import dcmread
from pydicom.fileset import FileSet

from tests.phantoms import small_phantom

SLICES = 3
FORMS = ("a folder", "files without preamble", "archives in folders in an archive", "a medium with DICOMDIR")
PICTURES = {"PNG": "photograph.png", "JPEG": "photograph.jpg"}


def delivery(form: str, seed: int) -> Mapping[str, bytes]:
    """Name and content of each file."""
    files = dict(small_phantom(seed, SLICES))
    if form == "a folder":
        return {f"examination/series 1/{name}": content for name, content in files.items()}
    if form == "files without preamble":
        return {f"IM{number:06d}": content[132:] for number, content in enumerate(files.values())}
    if form == "archives in folders in an archive":
        inner = archive({f"deep/er/{name}": content for name, content in files.items()})
        return {"examination.zip": archive({"CD/README.TXT": b"Autorun", "CD/images/inner.zip": inner})}
    return _medium(files)


def picture(form: str) -> bytes:
    drawn = Image.linear_gradient("L").resize((300, 200))
    stream = io.BytesIO()
    drawn.save(stream, form)
    return stream.getvalue()


def archive(members: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return stream.getvalue()


def _medium(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # pydicom leaves a temporary folder to the garbage collector
        medium = FileSet()
        for content in files.values():
            medium.add(dcmread(io.BytesIO(content)))
        medium.write(Path(folder))
        del medium
        gc.collect()
        paths = [path for path in Path(folder).rglob("*") if path.is_file()]
        return {str(path.relative_to(folder)): path.read_bytes() for path in paths}
