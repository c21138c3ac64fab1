"""Where benchmarks keep what they fetched, outside of the repository."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """Made where it is not there yet (XDG Base Directory Specification)."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hilum-benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
