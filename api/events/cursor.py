"""Where a reader stands in the streams it follows: an opaque text for clients, numbers for us."""

import base64
import binascii
from dataclasses import dataclass, replace

from api.errors import Invalid
from api.events.append import Stream


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last number read of each stream, in the order the follower lists them."""

    numbers: tuple[tuple[Stream, int], ...]

    def at(self, stream: Stream) -> int:
        return dict(self.numbers)[stream]

    def moved(self, stream: Stream, number: int) -> "Cursor":
        return replace(self, numbers=tuple((s, number if s is stream else n) for s, n in self.numbers))

    def __str__(self) -> str:
        text = ",".join(f"{stream}={number}" for stream, number in self.numbers)
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parse_cursor(text: str, streams: tuple[Stream, ...]) -> Cursor:
    """Raises Invalid where `text` is no cursor of a follower of exactly these streams."""
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
        pairs = tuple((Stream(name), int(number)) for name, number in (part.split("=") for part in plain.split(",")))
    except (binascii.Error, ValueError, UnicodeDecodeError):
        pairs = ()
    if tuple(stream for stream, _ in pairs) != streams or any(number < 0 for _, number in pairs):
        raise Invalid(
            "`after` is no event cursor of this subscription. Load afresh and use its eventCursor.", ["after"]
        )
    return Cursor(pairs)
