"""A field with a description, typed: Strawberry's own decorator loses the types when it is given arguments."""

from collections.abc import Callable
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

Decorator = Callable[[Callable[..., Any]], StrawberryField]


def described(description: str) -> Decorator:
    def decorate(resolver: Callable[..., Any]) -> StrawberryField:
        field: StrawberryField = strawberry.field(resolver=resolver, description=description)
        return field

    return decorate
