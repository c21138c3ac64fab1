"""Passwords that are guessed first: known from breaches, or made of what anybody would try (NIST SP 800-63B, 3.1.1.2).

The list, `breached_passwords.txt.xz`, is made from the 49,233 most frequent passwords of @zxcvbn-ts/language-common
4.1.3 (MIT, see `breached_passwords.LICENSE`) by `core` of each: its letters, and beside them whole those of twelve
characters and more. It is a short list: it holds what an attacker tries first, not every password that ever leaked.
"""

import lzma
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

LIST = Path(__file__).with_suffix(".txt.xz")
SHORTEST_CORE = 5  # letters; shorter words are within too many good passwords
LONGEST_TRIMMING = 8  # digits and signs around a listed word; more of them may be a secret of their own
SHORTEST_REST = 8  # characters that must be left without runs and without what everybody knows
SHORTEST_RUN = 4
SHORTEST_CONTEXT = 4
FEWEST_SIGNS = 5  # different ones
ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "1234567890-=",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "qwertzuiop",
    "azertyuiop",
)
LOOKALIKES = str.maketrans("@48310!5$79", "aabeioisstg")
_EDGES = re.compile(r"^[^a-z]+|[^a-z]+$")
_REPEATED = re.compile(r"(.+?)\1+", re.DOTALL)


def weakness(password: str, known: Iterable[str] = ()) -> str | None:
    """Why anybody would guess it, as a sentence; None where nothing is known against it.

    known: words that go with the account, such as its e-mail address; their parts count.
    """
    folded = password.lower()
    if len(set(folded)) < FEWEST_SIGNS:
        return "This password repeats a few signs. Choose one that nobody would guess."
    unit = _unit(folded)
    if is_listed(folded) or is_listed(unit):
        return "This password is known from breaches, or is a variation of one that is. Choose another."
    rest = _without_runs(unit)
    for word in _parts(known):
        rest = rest.replace(word, "")
    if len(rest) < SHORTEST_REST:
        return "This password is a sequence, or made of words that everybody knows of you. Choose another."
    return None


def is_listed(folded: str) -> bool:
    """Lower case. Whether it, or the word within its digits and signs, is on the list."""
    words, found = _words(), core(folded)
    return folded in words or (found in words and len(folded) - len(found) <= LONGEST_TRIMMING)


def core(folded: str) -> str:
    """The word that is left without the digits and signs around it, lookalikes within it read as letters."""
    return _EDGES.sub("", folded).translate(LOOKALIKES)


@cache
def _words() -> frozenset[str]:
    return frozenset(lzma.decompress(LIST.read_bytes()).decode().splitlines())


def _unit(folded: str) -> str:
    """What is repeated, where the whole is a repetition, whatever signs stand between."""
    repeated = _REPEATED.fullmatch(folded) or _REPEATED.fullmatch(re.sub(r"[\W_]", "", folded))
    return repeated.group(1) if repeated else folded


def _without_runs(text: str) -> str:
    """Without four and more signs that follow one another on a keyboard, in the alphabet, or are the same."""
    kept, i = "", 0
    while i < len(text):
        length = max(_run(text, i, step) for step in _neighbours())
        if length < SHORTEST_RUN:
            kept, i = kept + text[i], i + 1
        else:
            i += length
    return kept


def _run(text: str, start: int, follows: frozenset[str]) -> int:
    end = start
    while end + 1 < len(text) and text[end : end + 2] in follows:
        end += 1
    return end + 1 - start


@cache
def _neighbours() -> tuple[frozenset[str], ...]:
    """Of each row, forward and backward, the pairs that follow one another; and the same sign twice."""
    signs = "".join(ROWS)
    forward = [frozenset(row[i : i + 2] for i in range(len(row) - 1)) for row in ROWS]
    backward = [frozenset(pair[::-1] for pair in pairs) for pairs in forward]
    return (*forward, *backward, frozenset(sign * 2 for sign in signs))


def _parts(known: Iterable[str]) -> list[str]:
    """Longest first, so that a word within another does not hide it."""
    parts = {part for word in known for part in re.split(r"[^\w]+|_", word.lower()) if len(part) >= SHORTEST_CONTEXT}
    return sorted(parts, key=len, reverse=True)
