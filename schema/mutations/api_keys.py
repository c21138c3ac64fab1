"""Make and revoke API keys."""

from datetime import datetime

import strawberry

from api import partners
from api.permissions import Scope as ScopeWord
from schema.connections import given
from schema.context import Info
from schema.errors import UserError, refusable
from schema.node_ids import find_key
from schema.types.api_keys import ApiKey, Scope


@strawberry.input
class CreateApiKeyInput:
    name: str
    scopes: list[Scope]
    expires_at: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="The longest that is allowed where it is left out."
    )


@strawberry.input
class RevokeApiKeyInput:
    api_key_id: strawberry.ID


@strawberry.type
class CreateApiKeyPayload:
    api_key: ApiKey | None = None
    secret: str | None = strawberry.field(
        default=None, description="For `Authorization: Bearer`. Shown this once, and kept nowhere."
    )
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class ApiKeyPayload:
    api_key: ApiKey | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class ApiKeyMutations:
    @strawberry.mutation
    @refusable(CreateApiKeyPayload)
    async def create_api_key(self, info: Info, input: CreateApiKeyInput) -> CreateApiKeyPayload:
        scopes = [ScopeWord[scope.name] for scope in input.scopes]
        async with info.context.writing() as uow:
            made = await partners.create_key(uow, input.name, scopes, given(input.expires_at))
        return CreateApiKeyPayload(api_key=ApiKey.of(made.row), secret=made.secret)

    @strawberry.mutation
    @refusable(ApiKeyPayload)
    async def revoke_api_key(self, info: Info, input: RevokeApiKeyInput) -> ApiKeyPayload:
        """Its next request is refused, and what it listens to ends."""
        async with info.context.writing() as uow:
            row = await partners.revoke_key(uow, find_key(input.api_key_id, "ApiKey"))
        return ApiKeyPayload(api_key=ApiKey.of(row))
