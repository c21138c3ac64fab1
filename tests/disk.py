"""The files of a house, as somebody with access to the disk finds and alters them."""

from pathlib import Path


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def alter(path: Path) -> None:
    """One bit, shortly before the end."""
    content = bytearray(path.read_bytes())
    content[-40] ^= 1
    path.write_bytes(content)
