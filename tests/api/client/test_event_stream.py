"""Server-sent events as a client reads them."""

from collections.abc import AsyncIterator

from api.client.event_stream import ServerEvent, read_events


async def read(text: str) -> list[ServerEvent]:
    async def lines() -> AsyncIterator[str]:
        for line in text.split("\n"):
            yield line

    return [event async for event in read_events(lines())]


async def test_events_have_their_names_and_data() -> None:
    events = await read('event: next\ndata: {"a": 1}\n\nevent: complete\ndata:\n\n')

    assert events == [ServerEvent("next", '{"a": 1}'), ServerEvent("complete", "")]


async def test_data_of_several_lines_is_joined() -> None:
    assert await read("data: one\ndata:two\n\n") == [ServerEvent("message", "one\ntwo")]


async def test_a_comment_is_a_sign_of_life() -> None:
    assert await read(":\n\nevent: next\ndata: 1\n\n") == [ServerEvent("", ""), ServerEvent("next", "1")]


async def test_an_event_that_was_cut_off_is_not_given() -> None:
    assert await read("event: next\ndata: 1\n\nevent: next\ndata: 2") == [ServerEvent("next", "1")]
