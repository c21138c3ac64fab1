"""Which series of a case a model reads: rules as data, `series.json` in the model's folder, and the reason in words.

Every rule that fits a stack adds its points, which may be negative. The stack with the most points is read; of equals
the one with more slices. What may be read at all is another question (`Interpretation.check_facts`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.inference.suitability import StackFacts

CODE = "SERIES_CHOSEN"
WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Candidate:
    """A stack of the case. number, description: Series Number (0020,0011), Series Description (0008,103E)."""

    facts: StackFacts
    number: int | None = None
    description: str | None = None
    superseded: bool = False


@dataclass(frozen=True)
class SeriesRule:
    """Fits where all that it names fits; None is not asked. because: of the stack, to go on after "because".

    image_types:      any of the values of Image Type (0008,0008)
    words:            any of the words of the series' description, without regard to case
    body_parts:       any of them is Body Part Examined (0018,0015); with "" also where that is missing
    spacing_at_most:  mm between slices
    has_geometry:     positions and pixel spacing are known
    superseded:       a later delivery completed it
    """

    points: int
    because: str
    image_types: frozenset[str] | None = None
    words: frozenset[str] | None = None
    body_parts: frozenset[str] | None = None
    spacing_at_most: float | None = None
    has_geometry: bool | None = None
    superseded: bool | None = None

    def fits(self, stack: Candidate) -> bool:
        facts = stack.facts
        if self.image_types is not None and not self.image_types & {value.upper() for value in facts.image_type}:
            return False
        if self.words is not None and not self.words & {*WORD.findall((stack.description or "").casefold())}:
            return False
        if self.body_parts is not None and (facts.body_part or "").strip().upper() not in self.body_parts:
            return False
        if self.spacing_at_most is not None and (facts.slice_spacing or 1e9) > self.spacing_at_most:
            return False
        if self.has_geometry is not None and facts.has_geometry != self.has_geometry:
            return False
        return self.superseded is None or stack.superseded == self.superseded


@dataclass(frozen=True)
class SeriesRules:
    """modalities: those the model reads; stacks of others lose `FOREIGN` points."""

    modalities: frozenset[str]
    rules: tuple[SeriesRule, ...] = ()

    @classmethod
    def of(cls, modalities: Sequence[str], told: Sequence[Mapping[str, Any]]) -> "SeriesRules":
        """told: `rules` of series.json. Raises KeyError, TypeError, ValueError where one is no rule."""
        return cls(frozenset(modalities), tuple(_rule(each) for each in told))

    def choose(self, stacks: Sequence[Candidate]) -> int | None:
        """The place of the stack to read; None without any."""
        if not stacks:
            return None
        return max(range(len(stacks)), key=lambda at: (self._points(stacks[at]), stacks[at].facts.frame_count, -at))

    def reason(self, stacks: Sequence[Candidate], chosen: int) -> str | None:
        """Why this one, and why not the others: a sentence or two for the user; None where there was no choice."""
        if len(stacks) < 2:
            return None
        for_it = [rule.because for rule in self._fitting(stacks[chosen]) if rule.points > 0]
        said = f"Of {len(stacks)} series {_name(stacks[chosen])} was chosen"
        said += f", because {_list(for_it)}." if for_it else ", the one with the most slices among equals."
        left = [f"{_name(stack)} ({self._against(stack)})" for at, stack in enumerate(stacks) if at != chosen]
        more = f" and {len(left) - MOST_NAMED} more" if len(left) > MOST_NAMED else ""
        return f"{said} Left out: {', '.join(left[:MOST_NAMED])}{more}."

    def reads(self, stack: Candidate) -> bool:
        return (stack.facts.modality or "").upper() in self.modalities

    def _points(self, stack: Candidate) -> int:
        return sum(rule.points for rule in self._fitting(stack)) - (0 if self.reads(stack) else FOREIGN)

    def _fitting(self, stack: Candidate) -> list[SeriesRule]:
        return [rule for rule in self.rules if rule.fits(stack)]

    def _against(self, stack: Candidate) -> str:
        if not self.reads(stack):
            return f"of the modality {stack.facts.modality or 'unknown'}"
        against = [rule.because for rule in self._fitting(stack) if rule.points < 0]
        return _list(against) if against else "fits less well"


MOST_NAMED = 5
FOREIGN = 1000


def _rule(told: Mapping[str, Any]) -> SeriesRule:
    given = dict(told)
    sets = {"imageTypes": ("image_types", str.upper), "words": ("words", str.casefold),
            "bodyParts": ("body_parts", str.upper)}  # fmt: skip
    named: dict[str, Any] = {"points": int(given.pop("points")), "because": str(given.pop("because"))}
    for name, (field, fold) in sets.items():
        if name in given:
            named[field] = frozenset(fold(str(value)) for value in given.pop(name))
    for name, field in (("hasGeometry", "has_geometry"), ("superseded", "superseded")):
        if name in given:
            named[field] = bool(given.pop(name))
    if "spacingAtMost" in given:
        named["spacing_at_most"] = float(given.pop("spacingAtMost"))
    if given:
        raise ValueError(f"a rule of series.json has no {', '.join(sorted(given))}")
    return SeriesRule(**named)


def _name(stack: Candidate) -> str:
    """Without its description, which may name somebody."""
    number = "without a number" if stack.number is None else f"number {stack.number}"
    slices = "1 slice" if stack.facts.frame_count == 1 else f"{stack.facts.frame_count} slices"
    return f"{number} of {slices}"


def _list(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
