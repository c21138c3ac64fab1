"""What may be asked of a page, and pages of rows that are computed."""

from typing import Any

import pytest

from api.errors import Invalid
from api.persistence.paging import LARGEST, PageRequest, list_sequence_page, page_request


@pytest.mark.parametrize("asked", [{"first": 3, "last": 3}, {"first": LARGEST + 1}, {"last": -1}, {"first": -1}])
def test_a_page_of_no_sensible_size_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        page_request(**asked)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, PageRequest(25)),
        ({"first": 0}, PageRequest(0)),
        ({"first": 5, "after": "c"}, PageRequest(5, after="c")),
        ({"last": 5}, PageRequest(5, backward=True)),
        ({"before": "c"}, PageRequest(25, before="c", backward=True)),
        ({"first": 5, "before": "c"}, PageRequest(5, before="c")),
    ],
)
def test_a_page_goes_backward_from_its_end(asked: dict[str, Any], expected: PageRequest) -> None:
    assert page_request(**asked) == expected


@pytest.mark.parametrize(("asked", "onward"), [("first", "after"), ("last", "before")])
def test_whoever_asks_for_too_many_is_told_how_to_page_on(asked: str, onward: str) -> None:
    with pytest.raises(Invalid) as refused:
        page_request(first=1000) if asked == "first" else page_request(last=1000)

    assert refused.value.message == f"`{asked}` is 0 to {LARGEST}; page on with `{onward}`."


def test_computed_rows_keep_their_place_when_others_go() -> None:
    first = list_sequence_page("abcd", PageRequest(2), [1, 2, 3, 4])

    rest = list_sequence_page("bd", PageRequest(5, after=first.cursors[0]), [2, 4])
    back = list_sequence_page("bcd", PageRequest(1, before=rest.cursors[1], backward=True), [2, 3, 4])

    assert (list(first.rows), first.has_next, first.has_previous) == (["a", "b"], True, False)
    assert (list(rest.rows), rest.has_next) == (["b", "d"], False)
    assert (list(back.rows), back.has_previous) == (["c"], True)
