"""The API keys of the administrator's organization."""

import strawberry

from api import partners
from schema.context import Info
from schema.fields import described
from schema.types.api_keys import ApiKey


@strawberry.type
class ApiKeyOversight:
    @described("Those in force, newest first; then those that ended, the latest first, at most 100 of them.")
    async def api_keys(self, info: Info) -> list[ApiKey]:
        async with info.context.reading() as uow:
            rows = await partners.list_keys(uow)
        return [ApiKey.of(row) for row in rows]
