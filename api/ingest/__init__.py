"""The ingest job: an upload becomes studies, series, instances, frames, stacks and cases."""

from api.ingest.ending import abandon, give_up, release_kept, release_parts
from api.ingest.faults import is_passing
from api.ingest.running import run

__all__ = ["abandon", "give_up", "is_passing", "release_kept", "release_parts", "run"]
