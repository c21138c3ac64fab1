"""What a page asked for until something was shown, and the least time that could have taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

FRAMES, API = "/frames/", "/graphql"


@dataclass(frozen=True)
class Asked:
    """One request of the page, in milliseconds of its clock. is_opening: a connection had to be opened for it."""

    url: str
    start: float
    end: float
    bytes: int
    is_opening: bool = False

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def stem(self) -> str:
        return self.url.rpartition("/")[0]

    @property
    def index(self) -> int | None:
        """Of the slice, where it is one."""
        last = self.url.rpartition("/")[2]
        return int(last) if self.path.startswith(FRAMES) and last.isdigit() else None


def previews_of(requests: Sequence[Asked]) -> list[Asked]:
    """There is one a slice, and whole slices of some only: the largest group of addresses alike but for the index."""
    groups: dict[str, list[Asked]] = {}
    for request in requests:
        if request.index is not None:
            groups.setdefault(request.stem, []).append(request)
    return max(groups.values(), key=len, default=[])


def chain_to(index: int, requests: Sequence[Asked]) -> list[Asked]:
    """The whole slice `index`, before it the last answer of the API that came before it was asked for, and so on."""
    previews = previews_of(requests)
    wanted = [each for each in requests if each.index == index and each not in previews]
    if not wanted:
        return []
    chain = [min(wanted, key=lambda each: each.end)]
    answers = [each for each in requests if each.path == API]
    while before := [each for each in answers if each.end <= chain[0].start]:
        chain.insert(0, max(before, key=lambda each: each.end))
    return chain


def round_trips(chain: Sequence[Asked]) -> int:
    return len(chain) + sum(each.is_opening for each in chain)


def over_bandwidth(size: int, bits_per_second: float) -> float:
    """Milliseconds."""
    return size * 8 / bits_per_second * 1000


def asked(entries: Sequence[Mapping[str, object]]) -> list[Asked]:
    """Of the browser's resource timing, as `ENTRIES` reads it."""
    return [Asked(**entry) for entry in entries]  # type: ignore[arg-type]


ENTRIES = """() => performance.getEntriesByType('resource').map((entry) => ({
  url: entry.name, start: entry.startTime, end: entry.responseEnd, bytes: entry.transferSize,
  is_opening: entry.connectEnd > entry.connectStart })).filter(({ end }) => end > 0)"""
