"""Arabic, Hebrew and their kin as they are seen: letters joined, and each line in the order in which it is drawn.

A PDF's text operators draw glyphs from left to right as they come, so both are done before. Joining takes Unicode's
presentation forms, which are as many as Arabic, Persian and Urdu need. The order is that of Unicode's bidirectional
algorithm (UAX #9) for text without embeddings, overrides and isolates; such marks are left out before.
"""

from collections.abc import Callable, Sequence
from unicodedata import bidirectional, category, decomposition

RIGHT_TO_LEFT = frozenset(("R", "AL"))
_LAM, _TATWEEL = "\u0644", "\u0640"
_BLOCKS = (range(0xFB50, 0xFE00), range(0xFE70, 0xFEFD))
_OPENING = {"(": ")", "[": "]", "{": "}"}
_MIRRORED = dict(zip("()[]{}<>«»‹›", ")(][}{><»«›‹", strict=True))


def _presentation_forms() -> dict[str, dict[str, str]]:
    """By letters, by `isolated`, `initial`, `medial` or `final`: as Unicode's own data has them."""
    forms: dict[str, dict[str, str]] = {}
    for number in (number for block in _BLOCKS for number in block):
        kind, *parts = decomposition(chr(number)).split() or [""]
        letters = "".join(chr(int(part, 16)) for part in parts)
        if kind in ("<isolated>", "<initial>", "<medial>", "<final>") and (len(letters) == 1 or _is_lam_alef(letters)):
            forms.setdefault(letters, {}).setdefault(kind[1:-1], chr(number))
    return forms


def _is_lam_alef(letters: str) -> bool:
    return len(letters) == 2 and letters[0] == _LAM and letters[1] in "\u0622\u0623\u0625\u0627"


_FORMS = _presentation_forms()


def is_right_to_left(text: str) -> bool:
    """Whether a paragraph begins at the right: by its first letter that has a direction (UAX #9, P2 and P3)."""
    directions = (bidirectional(letter) for letter in text)
    return next((way for way in directions if way == "L" or way in RIGHT_TO_LEFT), "L") != "L"


def joined(word: str, has: Callable[[str], bool]) -> str:
    """Letters of a word, in the order of reading, in the forms that they take beside each other.

    has: whether there is a glyph; a form without one leaves its letter as it was.
    """
    letters = _with_ligatures(word, has)
    drawn = []
    for i, letter in enumerate(letters):
        forms = _FORMS.get(letter)
        if forms is None:
            drawn.append(letter)
            continue
        before = _joins_next(_neighbour(letters, i, -1)) and "final" in forms
        after = "initial" in forms and _joins_before(_neighbour(letters, i, 1))
        form = {(True, True): "medial", (True, False): "final", (False, True): "initial"}.get(
            (before, after), "isolated"
        )
        shape = forms.get(form, letter)
        drawn.append(shape if all(map(has, shape)) else letter)
    return "".join(drawn)


def _with_ligatures(word: str, has: Callable[[str], bool]) -> list[str]:
    """Lam before alef is one shape, always."""
    letters: list[str] = []
    for letter in word:
        pair = letters[-1] + letter if letters else ""
        if pair in _FORMS and len(pair) == 2 and all(map(has, _FORMS[pair].values())):
            letters[-1] = pair
        else:
            letters.append(letter)
    return letters


def _neighbour(letters: Sequence[str], i: int, step: int) -> str:
    """Marks above and below stand between no two letters."""
    i += step
    while 0 <= i < len(letters) and category(letters[i][-1]) == "Mn":
        i += step
    return letters[i] if 0 <= i < len(letters) else ""


def _joins_next(letters: str) -> bool:
    return letters == _TATWEEL or "initial" in _FORMS.get(letters, {})


def _joins_before(letters: str) -> bool:
    return letters == _TATWEEL or "final" in _FORMS.get(letters, {})


def in_drawn_order(line: str, from_right: bool) -> str:
    """A line's letters from left to right. from_right: whether its paragraph begins at the right."""
    clusters = _clusters(line)
    levels = _levels([cluster[0] for cluster in clusters], int(from_right))
    order = list(range(len(clusters)))
    for level in range(max(levels, default=0), 0, -1):  # UAX #9, L2
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = max(end, start + 1)
    return "".join(_mirrored(clusters[i]) if levels[i] % 2 else clusters[i] for i in order)


def _clusters(line: str) -> list[str]:
    """A letter with the marks that stand on it: these are drawn after it, whatever the direction."""
    clusters: list[str] = []
    for letter in line:
        if clusters and category(letter) in ("Mn", "Me"):
            clusters[-1] += letter
        else:
            clusters.append(letter)
    return clusters


def _mirrored(cluster: str) -> str:
    return _MIRRORED.get(cluster[0], cluster[0]) + cluster[1:]


def _levels(letters: Sequence[str], base: int) -> list[int]:
    """Even: drawn to the right; odd: to the left."""
    edge, other = ("R", "L") if base else ("L", "R")
    ways = _with_numbers([bidirectional(letter) for letter in letters], edge)
    strong = ["L" if way == "L" else "R" if way in ("R", "AN", "EN") else "" for way in ways]
    for start, end in _pairs(letters):  # N0: brackets go with what they hold
        inside = strong[start + 1 : end]
        if edge in inside:
            strong[start] = strong[end] = edge
        elif other in inside:
            before = next((way for way in reversed(strong[:start]) if way), edge)
            strong[start] = strong[end] = before
    for i, way in enumerate(strong):  # N1, N2: what lies between two of one direction has it, else the paragraph's
        if not way:
            end = next((j for j in range(i, len(strong)) if strong[j]), len(strong))
            before, after = strong[i - 1] if i else edge, strong[end] if end < len(strong) else edge
            strong[i:end] = [before if before == after else edge] * (end - i)
    return [
        2 if way in ("AN", "EN") else 1 if found == "R" else 2 * base  # I1, I2
        for way, found in zip(ways, strong, strict=True)
    ]


def _pairs(letters: Sequence[str]) -> list[tuple[int, int]]:
    """Where brackets open and close, the outer ones first."""
    found, opened = [], list[int]()
    for i, letter in enumerate(letters):
        if letter in _OPENING:
            opened.append(i)
        elif letter in _OPENING.values():
            while opened:
                start = opened.pop()
                if _OPENING[letters[start]] == letter:
                    found.append((start, i))
                    break
    return sorted(found)


def _with_numbers(ways: list[str], edge: str) -> list[str]:
    """Numbers, with what belongs to them, as such among what goes to the left, and as letters elsewhere (W2 to W7)."""
    ways = ["R" if way == "AL" else way for way in ways]
    for i in range(1, len(ways) - 1):
        if ways[i] in ("CS", "ES") and ways[i - 1] == ways[i + 1] and ways[i - 1] in ("EN", "AN"):
            ways[i] = ways[i - 1]
    for i in range(1, len(ways)):
        if ways[i] == "ET" and ways[i - 1] == "EN":
            ways[i] = "EN"
    for i in reversed(range(len(ways) - 1)):
        if ways[i] == "ET" and ways[i + 1] == "EN":
            ways[i] = "EN"
    last = edge
    for i, found in enumerate(ways):
        if found in ("L", "R"):
            last = found
        elif found == "EN" and last == "L":
            ways[i] = "L"
    return ways
