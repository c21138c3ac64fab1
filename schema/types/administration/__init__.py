"""What administrators look after; a mixin a noun."""

import strawberry

from schema.types.administration.api_keys import ApiKeyOversight


@strawberry.type
class Administration(ApiKeyOversight):
    pass
