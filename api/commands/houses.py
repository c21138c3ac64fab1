"""How a command works on the database, beside a running server and without one."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from api.settings import Settings

if TYPE_CHECKING:
    from api.unit_of_work import House


def with_house(settings: Settings, action: "Callable[[House], Awaitable[None]]") -> int:
    """The command's exit code; what went wrong is told on stderr."""
    from api.backends import open_backends
    from api.errors import ApiError
    from api.server import database_beside

    async def run(url: str) -> None:
        async with open_backends(settings, url) as backends:
            await action(backends.house)

    try:
        with database_beside(settings) as url:
            asyncio.run(run(url))
    except (ApiError, OSError) as error:
        print(f"hilum: {error}", file=sys.stderr)
        return 1
    return 0
