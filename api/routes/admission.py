"""Whether whoever an address was made for may still use it.

The address says who that is; whether their session or API key lives, their account and role are as they were, and they
still see what the address names, is asked of the database. The answer holds for `address_check_seconds`, and no longer
than until there is news of the session or key: a burst of frames asks once.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol, TypeAlias
from uuid import UUID

from api import accounts, analyses, cases, images
from api.errors import NotPermitted
from api.events.append import Stream
from api.permissions import Actor
from api.storage.addresses import NOT_VALID
from api.unit_of_work import House, UnitOfWork

MOST = 10_000  # answers remembered

_Question: TypeAlias = tuple[Actor, str, UUID | None]


class Admission(Protocol):
    """Each raises NotPermitted, alike whatever the reason."""

    async def admit(self, actor: Actor) -> None: ...

    async def admit_to_stack(self, actor: Actor, stack_key: UUID) -> None: ...

    async def admit_to_case(self, actor: Actor, case_key: UUID) -> None: ...

    async def admit_to_analysis(self, actor: Actor, analysis_key: UUID) -> None: ...


@dataclass
class _Answer:
    """asked: monotonic seconds. news: set when the session or key may have ended."""

    may: "asyncio.Task[bool]"
    asked: float
    news: asyncio.Event
    following: ExitStack


class LiveAdmission:
    """most: answers that are remembered; beyond, the oldest is asked for again."""

    def __init__(self, house: House, most: int = MOST) -> None:
        self._house = house
        self._most = most
        self._answers: dict[_Question, _Answer] = {}

    async def admit(self, actor: Actor) -> None:
        await self._admit((actor, "", None), None)

    async def admit_to_stack(self, actor: Actor, stack_key: UUID) -> None:
        async def sees(uow: UnitOfWork) -> bool:
            return stack_key in await images.find_stacks(uow, [stack_key])

        await self._admit((actor, "stack", stack_key), sees)

    async def admit_to_case(self, actor: Actor, case_key: UUID) -> None:
        async def sees(uow: UnitOfWork) -> bool:
            return await cases.find(uow, case_key) is not None

        await self._admit((actor, "case", case_key), sees)

    async def admit_to_analysis(self, actor: Actor, analysis_key: UUID) -> None:
        async def sees(uow: UnitOfWork) -> bool:
            return analysis_key in await analyses.find_many(uow, [analysis_key])

        await self._admit((actor, "analysis", analysis_key), sees)

    def close(self) -> None:
        for question in list(self._answers):
            self._forget(question)

    async def _admit(self, question: _Question, sees: Callable[[UnitOfWork], Awaitable[bool]] | None) -> None:
        answer = self._answers.get(question)
        if answer is None or self._is_old(answer):
            self._forget(question)
            while len(self._answers) >= self._most:
                self._forget(next(iter(self._answers)))
            answer = self._answers[question] = self._ask(question[0], sees)
        try:
            # Whoever came first may leave: the others wait for the same answer.
            may = await asyncio.shield(answer.may)
        except Exception:
            if self._answers.get(question) is answer:  # no answer is none to remember
                self._forget(question)
            raise
        if not may:
            raise NotPermitted(NOT_VALID)

    def _ask(self, actor: Actor, sees: Callable[[UnitOfWork], Awaitable[bool]] | None) -> _Answer:
        async def ask() -> bool:
            if not await accounts.is_current(self._house, actor):
                return False
            if sees is None:
                return True
            async with self._house.unit_of_work(actor) as uow:
                return await sees(uow)

        following, credential = ExitStack(), actor.session_key or actor.api_key_key
        # Listening before asking: what ends in between is news.
        news = (
            following.enter_context(self._house.hub.following({Stream.CREDENTIAL: credential}))
            if credential is not None
            else asyncio.Event()
        )
        return _Answer(asyncio.create_task(ask()), time.monotonic(), news, following)

    def _is_old(self, answer: _Answer) -> bool:
        return answer.news.is_set() or time.monotonic() - answer.asked >= self._house.settings.address_check_seconds

    def _forget(self, question: _Question) -> None:
        answer = self._answers.pop(question, None)
        if answer is not None:
            answer.following.close()
