"""Arabic and Hebrew as they are seen. What is expected is what Unicode's own examples and common text engines draw."""

import pytest

from api.reports.right_to_left import in_drawn_order, is_right_to_left, joined

HAS_ALL = bool


@pytest.mark.parametrize(
    ("word", "drawn"),
    [
        ("محمد", "ﻣﺤﻤﺪ"),
        ("الله", "ﺍﻟﻠﻪ"),
        ("سلام", "ﺳﻼﻡ"),
        ("لا", "ﻻ"),
        ("پرویز", "ﭘﺮﻭﯾﺰ"),
        ("مُحَمَّد", "ﻣُﺤَﻤَّﺪ"),
        ("Doe", "Doe"),
    ],
)
def test_arabic_letters_join(word: str, drawn: str) -> None:
    assert joined(word, HAS_ALL) == drawn


def test_letters_without_a_joined_glyph_stay_themselves() -> None:
    assert joined("محمد", lambda letter: False) == "محمد"


@pytest.mark.parametrize(
    ("line", "from_right", "drawn"),
    [
        ("abc", False, "abc"),
        ("אבג", False, "גבא"),
        ("abc אבג def", False, "abc גבא def"),
        ("אבג abc", True, "abc גבא"),
        ("אבג 12.5 דה", True, "הד 12.5 גבא"),
        ("abc אבג 12 def", False, "abc 12 גבא def"),
        ("שלום (abc) דה", True, "הד (abc) םולש"),
        ("(אבג)", True, "(גבא)"),
        ("a (אבג) b", False, "a (גבא) b"),
        ("50% אבג", True, "גבא 50%"),
        ("אָבג", True, "גבאָ"),
    ],
)
def test_lines_are_drawn_in_the_order_in_which_they_are_seen(line: str, from_right: bool, drawn: str) -> None:
    assert in_drawn_order(line, from_right) == drawn


@pytest.mark.parametrize(("text", "expected"), [("12 אבג", True), ("abc אבג", False), ("", False), ("محمد", True)])
def test_a_paragraph_begins_where_its_first_letter_says(text: str, expected: bool) -> None:
    assert is_right_to_left(text) is expected
