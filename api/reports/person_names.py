"""Names of people as DICOM writes them (PS3.5 section 6.2.1): family^given^middle^prefix^suffix."""

from dataclasses import dataclass

NOT_KNOWN = "Not known"


@dataclass(frozen=True)
class PersonName:
    """One group of components; each may be empty."""

    family: str = ""
    given: str = ""
    middle: str = ""
    prefix: str = ""
    suffix: str = ""

    @property
    def text(self) -> str:
        """`Doe, Dr Jane Mary, PhD`; empty where nothing is."""
        called = " ".join(part for part in (self.prefix, self.given, self.middle) if part)
        return ", ".join(part for part in (self.family, called, self.suffix) if part)


def groups(name: str | None) -> list[PersonName]:
    """Alphabetic, ideographic, phonetic (PS3.5 section 6.2.1.2): those that say anything, in this order."""
    found = []
    for group in (name or "").split("=")[:3]:
        parts = [part.strip() for part in group.split("^")[:5]]
        if any(parts):
            found.append(PersonName(*parts))
    return found


def shown(name: str | None) -> str:
    return " / ".join(group.text for group in groups(name)) or NOT_KNOWN
