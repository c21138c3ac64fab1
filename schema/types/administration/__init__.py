"""What administrators look after; a mixin a noun."""

import strawberry

from schema.types.administration.audit import AuditOversight


@strawberry.type
class Administration(AuditOversight):
    pass
