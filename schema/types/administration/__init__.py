"""What an administrator sees, a module a noun."""

import strawberry

from schema.types.administration.api_keys import ApiKeyOversight
from schema.types.administration.audit import AuditOversight
from schema.types.administration.people import PeopleOversight


@strawberry.type
class Administration(PeopleOversight, ApiKeyOversight, AuditOversight):
    pass
