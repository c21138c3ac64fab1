"""What a document may ask, measured without the server."""

import time

import pytest
from graphql import parse

from schema.limits import DocumentLimits

DEEP = "The document has 6 nested fields; 5 are allowed."
ALIASED = "The document has 4 aliases; 3 are allowed."
LIMITS = DocumentLimits(tokens=4000, depth=5, aliases=3)
MOST_SECONDS = 0.2
MANY = range(250)


def faults(document: str) -> list[str]:
    return [error.message for error in LIMITS.check(parse(document, max_tokens=LIMITS.tokens))]


@pytest.mark.parametrize(
    "document",
    [
        "{ a { b { c { d { e } } } } }",
        "{ x: a y: a z: a }",
        "{ a { ...f ...g } } fragment f on T { id } fragment g on T { id }",
        "{ ...f } fragment f on Q { ...f }",
        "{ ...missing }",
    ],
)
def test_an_ordinary_document_passes(document: str) -> None:
    assert faults(document) == []


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("{ a { b { c { d { e { f } } } } } }", DEEP),
        ("{ a { b { ...f } } } fragment f on T { c { d { e { g } } } }", DEEP),
        ("{ p: a q: a r: a s: a }", ALIASED),
        ("{ ...f ...g } fragment f on Q { p: a q: a } fragment g on Q { r: a s: a }", ALIASED),
        ("{" + " a" * 100 + "}", "The document has 4950 repetitions of fields; 1000 are allowed."),
    ],
)  # fmt: skip
def test_a_document_that_asks_too_much_is_told_how_much_is_allowed(document: str, told: str) -> None:
    assert faults(document) == [told]


@pytest.mark.parametrize(
    "document",
    [
        "{" + "".join(f" a{i}:b" for i in range(1000)) + "}",
        "{ t { " + "...{u{id}} " * 400 + "} }",
        "{ t { ...f0 } } " + " ".join(f"fragment f{i} on T {{ ...f{i + 1} ...f{i + 1} a }}" for i in range(250)),
        "{" + "".join(f" ...f{i}" for i in MANY) + "}" + "".join(f" fragment f{i} on T {{a}}" for i in MANY),
    ],
    ids=["aliases", "inline fragments", "fragments that double", "fragments that merge"],
)  # fmt: skip
def test_a_hostile_document_is_refused_without_delay(document: str) -> None:
    parsed = parse(document, max_tokens=LIMITS.tokens)

    began = time.process_time()
    found = LIMITS.check(parsed)

    assert found
    assert time.process_time() - began < MOST_SECONDS
