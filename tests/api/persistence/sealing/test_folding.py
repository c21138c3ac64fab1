"""How texts fall into words, and words into what finds them."""

import pytest

from api.persistence.sealing.folding import LONGEST_WORD, MOST_WORDS, whole, word_prefixes, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, []),
        ("", []),
        (" ^= - ", []),
        ("Doe^Jane^^Dr.", ["doe", "jane", "dr"]),
        ("Müller-Lüdenscheid^Šárka", ["muller", "ludenscheid", "sarka"]),
        ("STRASSE Straße", ["strasse"]),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", ["yamada", "tarou", "山田", "太郎", "やまた", "たろう"]),
        ("Иванов^Пётр", ["иванов", "петр"]),
        ("Ｃｈｅｓｔ ①", ["chest", "1"]),  # full width, as Japanese systems write
        ("CT_Thorax (2.5mm)", ["ct", "thorax", "2", "5mm"]),
        ("doe DOE Doe", ["doe"]),
        ("x" * 40, ["x" * LONGEST_WORD]),
    ],
)
def test_words_are_folded_and_split(text: str | None, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Doe", {"doe"}),
        ("Jane", {"jan", "jane"}),
        ("CT of chest", {"ct", "of", "che", "ches", "chest"}),
        ("山田", {"山田"}),
    ],
)
def test_a_word_is_found_by_its_beginnings_of_three_letters(text: str, expected: set[str]) -> None:
    assert set(word_prefixes(text)) == expected


def test_a_long_text_has_an_end() -> None:
    found = word_prefixes(" ".join(f"word{number}" for number in range(1000)))

    assert f"word{MOST_WORDS - 1}" in found
    assert f"word{MOST_WORDS}" not in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [(None, []), ("  ", []), (" ID -7 ", ["id-7"]), ("ID-7", ["id-7"]), ("007", ["007"]), ("é", ["é"])],
)
def test_an_id_is_kept_whole_but_for_blanks_and_case(text: str | None, expected: list[str]) -> None:
    assert whole(text) == expected
