"""Organizations, people, and the devices they are signed in on."""

from datetime import datetime
from enum import Enum

import strawberry

from api import permissions
from api.permissions import Actor
from api.persistence import tables
from schema.connections import Connection
from schema.context import Info
from schema.fields import described
from schema.node_ids import node_id
from schema.types.nodes import Node


@strawberry.enum
class Role(Enum):
    PATIENT = strawberry.enum_value(
        "PATIENT",
        description="Own cases (uploaded by them or shared with them): status and images; after release its "
        "summary too; never analyses or reviews.",
    )
    CLINICIAN = strawberry.enum_value(
        "CLINICIAN", description="Uploads, reads, comments, reviews and releases within the organization."
    )
    ADMINISTRATOR = strawberry.enum_value(
        "ADMINISTRATOR",
        description="People, keys, models, audit, oversight; sees no images unless also a participant.",
    )
    PARTNER = strawberry.enum_value("PARTNER", description="An application, through an API key.")


@strawberry.type
class Organization(Node):
    name: str

    @classmethod
    def of(cls, row: tables.Organization) -> "Organization":
        return cls(id=node_id("Organization", row.key), name=row.name)


@strawberry.type
class User(Node):
    row: strawberry.Private[tables.User]
    display_name: str
    email: str | None = strawberry.field(
        description="Null to those outside the organization, and of an application, which has none."
    )
    role: Role
    specialty: str | None
    disabled: bool

    @classmethod
    def of(cls, row: tables.User, actor: Actor | None) -> "User":
        is_colleague = actor is not None and actor.organization_key == row.organization_key
        return cls(
            row=row,
            id=node_id("User", row.key),
            display_name=row.display_name,
            email=row.email if is_colleague and row.role != permissions.Role.PARTNER else None,
            role=Role(row.role),
            specialty=row.specialty,
            disabled=row.disabled,
        )

    @described("A doctor invited from outside gets an organization of their own, never the inviter's.")
    async def organization(self, info: Info) -> Organization:
        row = await info.context.loaders.organizations.load(self.row.organization_key)
        assert row is not None
        return Organization.of(row)


UserConnection = Connection[User]


@strawberry.type
class Invitation(Node):
    email: str
    role: Role
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: tables.Invitation) -> "Invitation":
        return cls(
            id=node_id("Invitation", row.key),
            email=row.email,
            role=Role(row.role),
            created_at=row.created_at,
            expires_at=row.expires_at,
            accepted_at=row.accepted_at,
            revoked_at=row.revoked_at,
        )


InvitationConnection = Connection[Invitation]


@strawberry.type
class Session:
    id: strawberry.ID
    created_at: datetime
    last_seen_at: datetime
    user_agent: str | None
    current: bool

    @classmethod
    def of(cls, row: tables.Session, actor: Actor) -> "Session":
        return cls(
            id=node_id("Session", row.key),
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            user_agent=row.user_agent,
            current=row.key == actor.session_key,
        )
