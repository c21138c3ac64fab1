"""Take what an operation costs from whoever asks, before anything is executed."""

from dataclasses import dataclass, field

from graphql import DocumentNode, GraphQLError, GraphQLSchema

from api.budgets.allowances import Allowance, Bucket, allowance, payer
from api.errors import ErrorCode
from api.unit_of_work import House
from schema.context import Context
from schema.costs import prices
from schema.costs.measure import Variables, measure
from schema.costs.occurrences import count

WORDS = {
    Bucket.ANONYMOUS: "attempts from your network",
    Bucket.GUESSES: "attempts",
    Bucket.UPLOADS: "uploads begun",
    Bucket.ANALYSES: "analyses started",
    Bucket.EXPORTS: "exports",
    Bucket.COMMENTS: "comments",
    Bucket.INVITATIONS: "invitations and shares",
}


@dataclass
class Charge:
    """Of one operation. It costs `prices.OPERATION` even where it is wrong."""

    context: Context
    requested: int = field(default=prices.OPERATION, init=False)
    _allowance: Allowance = field(init=False)
    _subject: str = field(init=False)

    def __post_init__(self) -> None:
        bucket, self._subject = payer(self.context.actor, self.context.caller.address)
        self._allowance = allowance(self._house.settings, bucket)

    @property
    def told(self) -> dict[str, float]:
        """`extensions.cost`. limit: points at once. restoreRate: points a second."""
        left = self._house.budgets.look(self._allowance, self._subject).available
        return {
            "requested": self.requested,
            "available": int(left),
            "limit": self._allowance.size,
            "restoreRate": self._allowance.restore,
        }

    async def begin(self) -> GraphQLError | None:
        """Before the document is looked at. The refusal, where there is nothing left to pay with."""
        return await self._take(prices.OPERATION)

    async def settle(
        self, schema: GraphQLSchema, document: DocumentNode, name: str | None, variables: Variables | None
    ) -> GraphQLError | None:
        """Of a valid document: the rest of its price, and what is counted one by one. The refusal, if any."""
        most = self._house.settings.query_cost
        points = measure(schema, document, name, variables)
        self.requested = points
        if points > most:
            message = (
                f"This would cost {points} points; {most} are allowed. Ask for smaller pages, or for less at once."
            )
            return GraphQLError(message, extensions={"code": ErrorCode.TOO_LARGE.value})
        refusal = await self._take(points - prices.OPERATION)
        if refusal is not None:
            return refusal
        for bucket, times in count(document, name, self.context.actor is not None).items():
            balance = await self._house.budgets.take(allowance(self._house.settings, bucket), self._subject, times)
            if balance.retry_after is not None:
                return _limited(f"Too many {WORDS[bucket]} in a short time.", balance.retry_after)
        return None

    @property
    def _house(self) -> House:
        return self.context.house

    async def _take(self, points: int) -> GraphQLError | None:
        balance = await self._house.budgets.take(self._allowance, self._subject, points)
        if balance.retry_after is None:
            return None
        return _limited("You asked for more than your budget holds now.", balance.retry_after)


def _limited(what: str, seconds: float) -> GraphQLError:
    seconds = round(max(seconds, 0.1), 1)
    unit = "second" if seconds == 1 else "seconds"
    extensions = {"code": ErrorCode.RATE_LIMITED.value, "retryAfter": seconds}
    return GraphQLError(f"{what} Try again in {seconds:g} {unit}.", extensions=extensions)
