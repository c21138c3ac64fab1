"""The circuit breaker, on a clock of the test."""

import pytest

from api.errors import PredictorAway
from api.inference.breaker import Breaker


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(failures=3, pause=5.0, clock=clock)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.enter()
        breaker.fail()


def test_it_opens_after_so_many_failures_in_a_row_and_says_when_to_come_back(breaker: Breaker) -> None:
    fail(breaker, 3)

    assert breaker.is_open
    with pytest.raises(PredictorAway) as refused:
        breaker.enter()
    assert refused.value.retry_after == 5.0


def test_an_answer_between_failures_keeps_it_closed(breaker: Breaker) -> None:
    fail(breaker, 2)
    breaker.enter()
    breaker.succeed()
    fail(breaker, 2)

    assert not breaker.is_open


def test_after_the_pause_one_call_tries_and_closes_it(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now = 5.0

    breaker.enter()
    with pytest.raises(PredictorAway):
        breaker.enter()
    breaker.succeed()

    breaker.enter()
    assert not breaker.is_open


def test_a_try_that_fails_opens_it_for_another_pause(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now = 5.0
    fail(breaker, 1)
    clock.now = 9.9

    with pytest.raises(PredictorAway):
        breaker.enter()
    clock.now = 10.0
    breaker.enter()


def test_a_try_that_was_called_off_leaves_the_next_one_to_try(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now = 5.0
    breaker.enter()
    breaker.leave()

    breaker.enter()
    assert breaker.is_open
