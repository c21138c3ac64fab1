"""How texts are folded for searching: the words of a name or title, and an id as a whole. Pure."""

import re
import unicodedata

SHORTEST_PREFIX = 3
LONGEST_WORD = 32  # what goes on longer is cut, when it is written and when it is searched for
MOST_WORDS = 64  # of one text

_WORD = re.compile(r"[^\W_]+")


def words(text: str | None) -> list[str]:
    """Folded words in order, each once: no case, no marks (é is e), split at all that is no letter and no digit.

    So the parts of a person's name fall apart at DICOM's `^` and `=` (PS3.5 6.2.1), and ideographic groups stay as
    they are written.
    """
    found = _WORD.findall(_folded(text)) if text else []
    return list(dict.fromkeys(word[:LONGEST_WORD] for word in found))


def word_prefixes(text: str | None) -> list[str]:
    """All that finds the text: each word and each beginning of one with three letters or more."""
    found: dict[str, None] = {}
    for word in words(text)[:MOST_WORDS]:
        found.update(dict.fromkeys(word[:size] for size in range(SHORTEST_PREFIX, len(word))))
        found[word] = None
    return list(found)


def whole(text: str | None) -> list[str]:
    """An id or accession number, which is found by all of it: no case, no blanks. Empty where nothing is left."""
    folded = "".join(text.split()).casefold() if text else ""
    return [folded] if folded else []


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))
