"""What an administrator sees, a module a noun."""

import strawberry

from schema.types.administration.people import PeopleOversight


@strawberry.type
class Administration(PeopleOversight):
    pass
