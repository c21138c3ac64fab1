"""Reads the text of a config.pbtxt, as far as such files go: protobuf's text format, without its schema.

Triton's own classes for it would load gRPC into every process, in half a second, also where no Triton is asked.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    r"""\s+|\#[^\n]*
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    |(?P<word>[A-Za-z_]\w*)
    |(?P<sign>[{}\[\]:,;])""",
    re.VERBOSE,
)


@dataclass
class Message:
    """Fields in the order and as often as they are written: texts, numbers, words (enumerations, true) or messages."""

    fields: dict[str, list[Any]] = field(default_factory=dict)

    def all(self, name: str) -> list[Any]:
        return self.fields.get(name, [])

    def last(self, name: str, default: Any) -> Any:
        """As protobuf has it: of a field that is there several times, the last one counts."""
        return self.fields.get(name, [default])[-1]


def parse(text: str) -> Message:
    """Raises: ValueError, with the line, where the text is not of that format."""
    return _message(_Tokens(text), end=None)


class _Tokens:
    def __init__(self, text: str) -> None:
        self._text = text
        self._all = list(self._split())
        self._next = 0

    def _split(self) -> Iterator[tuple[str, str, int]]:
        """Kind, text and position."""
        at = 0
        while at < len(self._text):
            found = _TOKEN.match(self._text, at)
            if found is None:
                raise self._wrong(at)
            if found.lastgroup:
                yield found.lastgroup, found.group(), at
            at = found.end()
        yield "end", "", len(self._text)

    def take(self, *wanted: str) -> tuple[str, str]:
        """Kind and text of the next one, which must be of one of these kinds, or one of these signs."""
        kind, text, at = self._all[self._next]
        if kind not in wanted and text not in wanted:
            raise self._wrong(at)
        self._next += 1
        return kind, text

    def skip(self, *signs: str) -> bool:
        """Whether the next one was one of these signs, which then is past."""
        kind, text, _ = self._all[self._next]
        is_so = (kind == "sign" and text in signs) or (kind == "end" and "end" in signs)
        self._next += is_so and kind != "end"
        return is_so

    def _wrong(self, at: int) -> ValueError:
        line = self._text.count("\n", 0, at) + 1
        return ValueError(f"line {line} cannot be read")


def _message(tokens: _Tokens, end: str | None) -> Message:
    message = Message()
    while not tokens.skip(end or "end"):
        _, name = tokens.take("word")
        has_colon = tokens.skip(":")
        values = message.fields.setdefault(name, [])
        if tokens.skip("["):
            while not tokens.skip("]"):
                values.append(_value(tokens))
                if not tokens.skip(","):
                    tokens.take("]")
                    break
        else:
            values.append(_value(tokens, has_colon))
        tokens.skip(",", ";")
    return message


def _value(tokens: _Tokens, may_be_scalar: bool = True) -> Any:
    if tokens.skip("{"):
        return _message(tokens, end="}")
    kind, text = tokens.take("text", "number", "word") if may_be_scalar else tokens.take("{")
    return text if kind == "word" else ast.literal_eval(text)
