"""Ids, scalars, and the choice of a media type: values in, values out."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from api.errors import NotFound
from schema import scalars
from schema.negotiation import JSON, RESPONSE, choose_media_type
from schema.node_ids import find_key, find_model, get_key, get_model, node_id, parse_id

KEY = uuid4()


@given(st.uuids())
def test_an_id_gives_back_the_key_it_was_made_of(key: UUID) -> None:
    assert find_key(node_id("Case", key), "Case") == key


@given(st.text(max_size=100))
def test_a_text_that_is_no_id_names_nothing(text: str) -> None:
    assert find_key(text, "Case") is None
    assert find_model(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        str(KEY),
        f"Case:{KEY}",
        node_id("Case", KEY) + "=",
        node_id("Case", KEY) + "\n",
        node_id("Case", str(KEY).upper()),
        node_id("Case", "{" + str(KEY) + "}"),
        node_id("Case", ""),
        "A" * 10_000,
    ],
)
def test_only_one_spelling_of_an_id_is_taken(text: str) -> None:
    assert find_key(text, "Case") is None


def test_an_id_of_another_type_is_as_good_as_none() -> None:
    with pytest.raises(NotFound) as refused:
        get_key(node_id("Study", KEY), "Case", ["caseId"])

    assert refused.value.field == ["caseId"]


def test_a_model_is_named_by_name_and_version() -> None:
    id = node_id("Model", "lung_nodule", "1")

    assert parse_id(id) == ("Model", "lung_nodule:1")
    assert get_model(id, ["modelId"]) == ("lung_nodule", "1")
    with pytest.raises(NotFound):
        get_model(node_id("Model", "lung_nodule"), ["modelId"])


def test_instants_are_written_in_utc_with_milliseconds() -> None:
    at = datetime(2026, 11, 23, 23, 10, 5, 123_999, tzinfo=timezone(timedelta(hours=1)))

    assert scalars.write_date_time(at) == "2026-11-23T22:10:05.123Z"
    assert scalars.write_date_time(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000Z"


@pytest.mark.parametrize("text", ["2026-11-23T23:10:05+01:00", "2026-11-23t22:10:05z", "2026-11-23T22:10:05.000Z"])
def test_instants_are_read_in_every_form_of_the_rfc(text: str) -> None:
    assert scalars.read_date_time(text) == datetime(2026, 11, 23, 22, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", ["2026-11-23", "2026-11-23T22:10:05", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00", 5, None, ""]
)
def test_what_is_no_instant_is_refused(value: Any) -> None:
    with pytest.raises(GraphQLError):
        scalars.read_date_time(value)


def test_the_scanners_clock_has_no_zone() -> None:
    assert scalars.write_local_date_time(datetime(2026, 11, 23, 22, 10, 5)) == "2026-11-23T22:10:05"
    assert scalars.read_local_date_time("2026-11-23T22:10:05") == datetime(2026, 11, 23, 22, 10, 5)
    with pytest.raises(GraphQLError):
        scalars.read_local_date_time("2026-11-23T22:10:05Z")


def test_a_date_is_a_full_date() -> None:
    assert scalars.write_date(scalars.read_date("2026-02-28")) == "2026-02-28"
    for wrong in ("2026-02-30", "20260228", "2026-2-8", 5):
        with pytest.raises(GraphQLError):
            scalars.read_date(wrong)


@pytest.mark.parametrize("value", [0, 1, 2**53 - 1, 5.0])
def test_a_byte_count_goes_beyond_32_bits(value: Any) -> None:
    assert scalars.read_byte_count(value) == value


@pytest.mark.parametrize("value", [-1, 2**53, 1.5, float("inf"), float("nan"), "5", True, None])
def test_what_is_no_byte_count_is_refused(value: Any) -> None:
    with pytest.raises(GraphQLError):
        scalars.read_byte_count(value)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        (RESPONSE, RESPONSE),
        (f"{RESPONSE}; charset=utf-8, {JSON}; charset=utf-8", RESPONSE),
        (f"{RESPONSE};q=0.5, {JSON}", JSON),
        (f"{JSON};q=0.9, {RESPONSE};q=0.9", RESPONSE),
        (f"{RESPONSE};q=0, {JSON}", JSON),
        (f"{RESPONSE};q=x, {JSON}", JSON),
        ("text/html, */*;q=0.1", JSON),
        ("text/event-stream", "text/event-stream"),
        ("text/html", None),
        ("application/json;q=0", None),
    ],
)
def test_the_answer_takes_the_type_that_the_client_likes_best(accept: str | None, chosen: str | None) -> None:
    assert choose_media_type(accept) == chosen
