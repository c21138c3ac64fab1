"""The ingest job: an upload becomes studies, series, instances, frames, stacks and cases."""

from api.ingest.ending import give_up, release_parts
from api.ingest.running import run

__all__ = ["give_up", "release_parts", "run"]
