"""What benchmarks compute from what they saw."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import urlopen

import pytest

from tests.benchmarks.scrolling import percentile, share_within
from tests.benchmarks.scrolling_memory import growth
from tests.benchmarks.slow_link import Pipe, SlowLink, slow_link
from tests.benchmarks.waterfall import Asked, chain_to, over_bandwidth, previews_of, round_trips

SITE = "http://127.0.0.1:1"
PAGE = b"x" * 100_000


class Served(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def page_of_100_kb() -> Iterator[int]:
    """The port of a server that has one page."""
    with HTTPServer(("127.0.0.1", 0), Served) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_what_only_warms_up_is_no_growth() -> None:
    assert growth([10, 40, 50, 50, 50, 50, 50, 50]) == 0
    assert growth([10, 20, 40, 50, 50, 50, 50, 50]) == pytest.approx(50 / 45 - 1)


def test_a_leak_is_a_growth() -> None:
    assert growth(list(range(100, 120))) == pytest.approx(117 / 107 - 1)


def test_a_trend_needs_samples() -> None:
    with pytest.raises(ValueError, match="four samples"):
        growth([1, 2, 3])


def test_frames_are_counted_up_to_their_limit() -> None:
    gaps = [16.6, 16.7, 33.3, 16.7]

    assert share_within(gaps, 16.8) == 0.75
    assert share_within([], 16.8) == 0
    assert percentile(sorted(gaps), 0.5) == 16.7
    assert percentile(sorted(gaps), 1) == 33.3


def test_bytes_queue_behind_one_another() -> None:
    pipe = Pipe(bytes_per_second=1000)

    assert pipe.departure(100, now=5) == pytest.approx(5.1)
    assert pipe.departure(100, now=5.05) == pytest.approx(5.2)
    assert pipe.departure(100, now=9) == pytest.approx(9.1)
    assert over_bandwidth(1_250_000, 10_000_000) == 1000


def asked(path: str, start: float, end: float, is_opening: bool = False) -> Asked:
    return Asked(SITE + path, start, end, 100, is_opening)


def test_the_way_to_a_slice_is_the_answers_before_it_one_after_the_other() -> None:
    requests = [
        asked("/graphql", 0, 100, is_opening=True),
        asked("/graphql", 10, 400),  # of nothing that the slice waits for
        asked("/graphql", 110, 200),
        *(asked(f"/frames/previews/{index}", 205 + index, 260 + index) for index in range(4)),
        asked("/frames/whole/2", 210, 300, is_opening=True),
        asked("/frames/whole/3", 310, 390),
    ]

    chain = chain_to(2, requests)

    assert [(each.path, each.start) for each in chain] == [("/graphql", 0), ("/graphql", 110), ("/frames/whole/2", 210)]
    assert round_trips(chain) == 5
    assert [each.index for each in previews_of(requests)] == [0, 1, 2, 3]
    assert chain_to(9, requests) == []


def test_the_link_takes_the_time_it_is_for_and_counts_what_came(page_of_100_kb: int) -> None:
    link = SlowLink(upstream=page_of_100_kb, bits_per_second=4_000_000, round_trip=0.1)

    with slow_link(link):
        began = time.perf_counter()
        with urlopen(link.url) as answer:
            content = answer.read()
        took = time.perf_counter() - began

    assert content == PAGE
    assert took >= 0.4  # two round trips, one of them for the connection, and 100 kB at 500 kB a second
    assert link.received(0, time.time()) >= len(PAGE)
