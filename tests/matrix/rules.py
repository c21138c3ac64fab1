"""In what words the tables say who may: each a question to `api.permissions` about one seat and one holding.

Nothing is decided here by role or scope: that is the permission table's.
"""

from collections.abc import Callable
from dataclasses import dataclass

from api.errors import ErrorCode
from api.permissions import Action, Actor, is_allowed
from tests.matrix.holdings import Holding, is_there
from tests.matrix.seats import Seat

Rule = Callable[[Actor, Holding], bool]
OK = "OK"


def may(*actions: Action) -> Rule:
    """All of these, to the case."""

    def rule(actor: Actor, holding: Holding) -> bool:
        subject = holding.subject(actor)
        return subject is not None and all(is_allowed(actor, action, subject) for action in actions)

    return rule


def sees(*actions: Action) -> Rule:
    """The case, and these of it."""
    return may(Action.CASE_SEE, *actions)


def general(action: Action) -> Rule:
    """What concerns no case."""
    return lambda actor, holding: is_allowed(actor, action)


def both(*rules: Rule) -> Rule:
    return lambda actor, holding: all(rule(actor, holding) for rule in rules)


def own(actor: Actor, holding: Holding) -> bool:
    return holding.owner == actor.user_key


def in_organization(actor: Actor, holding: Holding) -> bool:
    return holding.organization_key == actor.organization_key


def there(actor: Actor, holding: Holding) -> bool:
    return is_there(holding)


def anybody(actor: Actor, holding: Holding) -> bool:
    return True


def never(actor: Actor, holding: Holding) -> bool:
    return False


@dataclass(frozen=True)
class Permission:
    """Of a mutation. first: asked before the subject is looked for. known: who may learn that the subject is there."""

    allowed: Rule
    known: Rule
    first: Rule = anybody

    def verdict(self, seat: Seat, holding: Holding) -> str:
        """`OK`, or the code of the error that is due."""
        if seat.actor is None:
            return ErrorCode.UNAUTHENTICATED
        if not self.first(seat.actor, holding):
            return ErrorCode.FORBIDDEN
        if self.allowed(seat.actor, holding):
            return OK
        return ErrorCode.FORBIDDEN if self.known(seat.actor, holding) else ErrorCode.NOT_FOUND


def on_case(*actions: Action, known: Action = Action.CASE_SEE) -> Permission:
    """To do this to a case. known: what shows the thing itself, where it is not the case."""
    return Permission(may(*actions), sees(known))


def on_own(action: Action) -> Permission:
    return Permission(own, own, first=general(action))


def in_own_organization(action: Action) -> Permission:
    return Permission(in_organization, in_organization, first=general(action))


def on_what_is_everybodys(action: Action) -> Permission:
    """To something that belongs to no organization, such as a model."""
    return Permission(there, there, first=general(action))


def at_large(action: Action) -> Permission:
    """Without a subject."""
    return Permission(anybody, anybody, first=general(action))
