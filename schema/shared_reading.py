"""The transaction that a query reads everything in: beginning and ending one costs two ways to the database and back.

A mutation reads in short ones of its own, for it must see what it wrote, and never holds two connections.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from api.unit_of_work import UnitOfWork


class SharedReading:
    """Used by one reader at a time: whoever does has the operation's lock.

    Each statement sees what is committed when it begins, as in a transaction of its own (PostgreSQL: read committed).
    """

    def __init__(self, begin: Callable[[], AbstractAsyncContextManager[UnitOfWork]]) -> None:
        self._begin = begin
        self._stack = AsyncExitStack()
        self._uow: UnitOfWork | None = None
        self._is_over = False

    @asynccontextmanager
    async def use(self) -> AsyncIterator[UnitOfWork]:
        """What fails rolls back, and the next reader begins anew; what is noted for the audit is committed at once."""
        if self._uow is None:
            self._uow = await self._stack.enter_async_context(self._begin())
        uow = self._uow
        try:
            yield uow
        except BaseException as error:
            self._uow = None
            await self._stack.__aexit__(type(error), error, error.__traceback__)
            raise
        if self._is_over or uow.has_records:
            await self.commit()
        else:
            uow.session.expunge_all()  # rows that are read again are read afresh

    async def commit(self) -> None:
        """Give the connection back; the next reader begins anew."""
        self._uow = None
        await self._stack.aclose()

    def leave(self) -> None:
        """Whoever reads now is the last to use it: one who reads later gives the connection back at once."""
        self._is_over = True
