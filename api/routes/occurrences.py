"""What one network address may do so often a minute, whoever it is: the table RULES.

Counted here is what has no operation of GraphQL (those are counted in `schema.costs`). A right signature always passes,
so that nobody can shut a neighbour out by guessing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.budgets.allowances import Bucket, allowance, network_of
from api.errors import RateLimited
from api.routes.refusals import refuse
from api.storage.addresses import FRAME_PATH, OBJECT_PATH, PART_PATH
from api.unit_of_work import House

FORBIDDEN: Final = 403


@dataclass(frozen=True)
class Rule:
    """kind: of the ASGI scope. path: as it begins. status: counted where the answer has it; None counts every one."""

    kind: str
    path: str
    bucket: Bucket
    message: str
    status: int | None = None


RULES: Final = (
    Rule("websocket", "/", Bucket.SOCKETS, "Too many connections were opened from your network."),
    *(
        Rule(
            "http",
            path.partition("{")[0],
            Bucket.WRONG_ADDRESSES,
            "Too many wrong addresses were asked for.",
            FORBIDDEN,
        )
        for path in (PART_PATH, FRAME_PATH, OBJECT_PATH)
    ),
)


class Occurrences:
    """find_house: of the running app, once it has started."""

    def __init__(self, app: ASGIApp, find_house: Callable[[Scope], House]) -> None:
        self.app, self._find_house = app, find_house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rule = next(
            (rule for rule in RULES if rule.kind == scope["type"] and scope["path"].startswith(rule.path)), None
        )
        if rule is None:
            await self.app(scope, receive, send)
        elif rule.status is None:
            refusal = await self._count(rule, scope)
            if refusal is None:
                await self.app(scope, receive, send)
            else:
                await refuse(refusal)(scope, receive, send)
        else:
            await self.app(scope, receive, self._watched(rule, scope, receive, send))

    def _watched(self, rule: Rule, scope: Scope, receive: Receive, send: Send) -> Send:
        """Sends on what is answered, but for one wrong attempt too many the refusal."""
        is_replaced = False

        async def send_counted(message: Message) -> None:
            nonlocal is_replaced
            if message["type"] == "http.response.start" and message["status"] == rule.status:
                refusal = await self._count(rule, scope)
                if refusal is not None:
                    is_replaced = True
                    await refuse(refusal)(scope, receive, send)
            if not is_replaced:
                await send(message)

        return send_counted

    async def _count(self, rule: Rule, scope: Scope) -> RateLimited | None:
        house = self._find_house(scope)
        client = scope.get("client")
        allowed = allowance(house.settings, rule.bucket)
        balance = await house.budgets.take(allowed, network_of(client[0] if client else None))
        if balance.retry_after is None:
            return None
        return RateLimited(f"{rule.message} Wait a minute and try again.", retry_after=balance.retry_after)


def _rule_for(scope: Scope) -> Rule | None:
    if scope["type"] == "lifespan":
        return None
    return next((rule for rule in RULES if rule.kind == scope["type"] and scope["path"].startswith(rule.path)), None)
