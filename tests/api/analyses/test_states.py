"""The legal states of an analysis, and what findings say of urgency."""

import pytest

from api.analyses.states import ENDED, LEGAL, is_legal, urgency


def test_what_has_ended_stays_so() -> None:
    assert {"SUCCEEDED", "FAILED", "CANCELLED", "UNSUITABLE"} == ENDED
    assert not any(is_legal(before, after) for before in ENDED for after in LEGAL)


def test_every_state_that_can_follow_is_a_state() -> None:
    assert {after for following in LEGAL.values() for after in following} <= set(LEGAL)


def test_nothing_waits_again_and_nothing_succeeds_unseen() -> None:
    assert not any(is_legal(before, "QUEUED") for before in LEGAL)
    assert not is_legal("QUEUED", "SUCCEEDED")


def test_a_run_begins_again_after_a_crash() -> None:
    assert is_legal("RUNNING", "RUNNING")


@pytest.mark.parametrize(
    ("diameters", "expected"),
    [
        ([], "ROUTINE"),
        ([None], "ROUTINE"),
        ([7.9, 3.0], "ROUTINE"),
        ([8.0], "PRIORITY"),
        ([None, 14.9], "PRIORITY"),
        ([15.0], "URGENT"),
        ([4.0, 30.0, None], "URGENT"),
    ],
)
def test_urgency_follows_the_largest_finding(diameters: list[float | None], expected: str) -> None:
    assert urgency(diameters) == expected
