"""Relay cursor connections over the keyset pages of `api.persistence.paging`."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

import strawberry
from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode

from api.persistence.paging import Page, PageRequest, page_request
from api.unit_of_work import UnitOfWork
from schema.context import Info

N = TypeVar("N")
R = TypeVar("R")
T = TypeVar("T")


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class Edge(Generic[N]):
    cursor: str
    node: N


@strawberry.type
class Connection(Generic[N]):
    edges: list[Edge[N]]
    page_info: PageInfo
    total_count: int


def given(value: T | None) -> T | None:
    """An argument that was left out is null."""
    return None if value is strawberry.UNSET else value


def request_of(first: int | None, after: str | None, last: int | None = None, before: str | None = None) -> PageRequest:
    return page_request(given(first), given(after), given(last), given(before))


async def connect(
    info: Info, read: Callable[[UnitOfWork], Awaitable[Page[R]]], to_node: Callable[[R], N]
) -> Connection[N]:
    """Read a page; count only where the count is asked for."""
    page, total = await read_page(info, read)
    return connection([to_node(row) for row in page.rows], page, total)


async def read_page(info: Info, read: Callable[[UnitOfWork], Awaitable[Page[R]]]) -> tuple[Page[R], int]:
    async with info.context.reading() as uow:
        page = await read(uow)
        return page, await page.total() if selects(info, "totalCount") else 0


def connection(nodes: Sequence[N], page: Page[Any], total: int) -> Connection[N]:
    edges = [Edge(cursor=cursor, node=node) for cursor, node in zip(page.cursors, nodes, strict=True)]
    return Connection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        total_count=total,
    )


def selects(info: Info, name: str) -> bool:
    """Whether the field at hand is asked for its own field `name`, through fragments too."""
    raw = info._raw_info

    def inside(selections: SelectionSetNode | None) -> bool:
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode) and node.name.value == name:
                return True
            if isinstance(node, InlineFragmentNode) and inside(node.selection_set):
                return True
            if isinstance(node, FragmentSpreadNode) and inside(raw.fragments[node.name.value].selection_set):
                return True
        return False

    return any(inside(node.selection_set) for node in raw.field_nodes)
