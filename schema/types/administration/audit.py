"""The audit trail of the administrator's organization."""

from datetime import datetime
from uuid import UUID

import strawberry

from api import oversight
from api.persistence import tables
from api.persistence.audit.entries import SERVICES
from schema.connections import PageInfo, connection, given, read_page, request_of
from schema.context import Info
from schema.fields import described
from schema.node_ids import find_key, node_id, parse_id
from schema.types.api_keys import ApiKey
from schema.types.people import User

NOBODY = UUID(int=0)  # acts nowhere


@strawberry.type(description="Append-only; each entry holds the hash of the one before it.")
class AuditEntry:
    row: strawberry.Private[tables.AuditEntry]
    id: strawberry.ID
    at: datetime
    action: str = strawberry.field(description="`subject:act`, such as case:see.")
    subject_id: strawberry.ID | None = strawberry.field(description="Of what it was about; it may be gone.")
    outcome: str = strawberry.field(description="ok, refused, missing (sought, and not there) or failed.")
    address: str | None
    trace_id: str | None
    hash: str | None = strawberry.field(description="SHA-256 of this entry and the hash before it, hexadecimal.")
    service: str | None = strawberry.field(
        description="Who acted where no person and no application did: worker (a job), command (the operator), "
        "anonymous (nobody signed in)."
    )

    @classmethod
    def of(cls, row: tables.AuditEntry) -> "AuditEntry":
        service = SERVICES.get(row.actor_key)
        subject = node_id(row.subject_kind, row.subject_key) if row.subject_kind and row.subject_key else None
        return cls(
            row=row,
            id=node_id("AuditEntry", row.organization_key, row.number),
            at=row.at,
            action=row.action,
            subject_id=subject,
            outcome=row.outcome,
            address=row.address,
            trace_id=row.trace_id,
            hash=row.hash.hex(),
            service=service.value if service else None,
        )

    @strawberry.field
    async def actor(self, info: Info) -> User | None:
        row = await info.context.loaders.users.load(self.row.actor_key)
        return User.of(row, info.context.actor) if row else None

    @described("The API key that an application acted with.")
    async def actor_key(self, info: Info) -> ApiKey | None:
        if self.row.api_key_key is None:
            return None
        row = await info.context.loaders.api_keys.load(self.row.api_key_key)
        return ApiKey.of(row) if row else None


@strawberry.type
class AuditEdge:
    cursor: str
    node: AuditEntry


@strawberry.type
class AuditConnection:
    edges: list[AuditEdge]
    page_info: PageInfo
    total_count: int
    intact: bool | None = strawberry.field(
        description="The last verification's word: nothing was changed, removed or inserted. Null before the first."
    )
    verified_at: datetime | None


@strawberry.input(description="All that is given must hold.")
class AuditFilter:
    actor_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="A user's or an API key's.")
    subject_id: strawberry.ID | None = strawberry.UNSET
    action: str | None = strawberry.UNSET
    after: datetime | None = strawberry.UNSET
    before: datetime | None = strawberry.UNSET

    def chosen(self) -> oversight.AuditFilter:
        """An id that is none names nobody and nothing: no entry has it."""
        actor, subject = given(self.actor_id), given(self.subject_id)
        is_key = actor is not None and parse_id(actor)[0] == "ApiKey"
        kind = parse_id(subject)[0] if subject is not None else None
        return oversight.AuditFilter(
            actor_key=_key(actor, "User") if actor is not None and not is_key else None,
            api_key_key=_key(actor, "ApiKey") if actor is not None and is_key else None,
            subject_key=_key(subject, kind or "") if subject is not None else None,
            subject_kind=kind,
            action=given(self.action),
            after=given(self.after),
            before=given(self.before),
        )


@strawberry.type
class AuditOversight:
    @strawberry.field
    async def audit(
        self,
        info: Info,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        filter: AuditFilter | None = strawberry.UNSET,
    ) -> AuditConnection:
        asked, wanted = request_of(first, after), given(filter)
        chosen = wanted.chosen() if wanted else oversight.AuditFilter()
        async with info.context.reading() as uow:
            word = await oversight.last_word(uow)
        page, total = await read_page(info, lambda uow: oversight.list_entries(uow, chosen, asked))
        entries = connection([AuditEntry.of(row) for row in page.rows], page, total)
        return AuditConnection(
            edges=[AuditEdge(cursor=edge.cursor, node=edge.node) for edge in entries.edges],
            page_info=entries.page_info,
            total_count=entries.total_count,
            intact=word.intact if word else None,
            verified_at=word.verified_at if word else None,
        )


def _key(id: str, kind: str) -> UUID:
    return find_key(id, kind) or NOBODY
