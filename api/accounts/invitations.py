"""Invitations: how somebody comes into an organization. For one e-mail address, once, for some days."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.accounts.letters import invitation_letter
from api.accounts.visitor import folded
from api.errors import Conflict, Expired, Invalid, NotFound, RateLimited
from api.mail.mailer import is_address
from api.permissions import Action, Role, require
from api.persistence.columns import now
from api.persistence.paging import Page, PageRequest, SortKey, list_page
from api.persistence.sealing.index_columns import is_blind
from api.persistence.tables import Invitation, Organization, User
from api.unit_of_work import UnitOfWork

DAY = timedelta(days=1)
NO_ADDRESS = "An e-mail address looks like name@hospital.example."
ORDER = (
    SortKey(col(Invitation.created_at), kind=datetime, descending=True),
    SortKey(col(Invitation.key), kind=UUID),
)


@dataclass(frozen=True, slots=True)
class InvitationToken:
    """token: shown this once; only its hash is kept."""

    row: Invitation
    token: str = field(repr=False)


async def invite(uow: UnitOfWork, email: str, role: Role) -> InvitationToken:
    """Mailed after the commit; where that fails the token that is shown does as well.

    One to the same address before it, unused, is revoked.
    Raises: Invalid (address, role), Conflict where a colleague has the address, RateLimited.
    """
    actor = require(uow.actor, Action.USER_ADMINISTER)
    return await add_invitation(uow, actor.organization_key, email, role, actor.user_key)


async def add_invitation(
    uow: UnitOfWork, organization_key: UUID, email: str, role: Role, created_by: UUID | None
) -> InvitationToken:
    email = folded(email)
    if not is_address(email):
        raise Invalid(NO_ADDRESS, ["email"])
    if role is Role.PARTNER:
        raise Invalid("PARTNER is the role of an application; make an API key for it.", ["role"])
    organization = await _lock_organization(uow.session, organization_key)
    await _check_new(uow, organization_key, email)
    token = secrets.token_urlsafe(32)
    row = Invitation(
        organization_key=organization_key,
        email=email,
        role=role.value,
        token_hash=_hash(token),
        created_by=created_by,
        expires_at=now() + timedelta(days=uow.settings.invitation_days),
    )
    uow.session.add(row)
    await uow.session.flush()
    uow.audit("invitation:create", row.key)
    mail = invitation_letter(email, organization.name, uow.settings.url, token, row.expires_at)
    uow.after_commit(lambda: uow.house.mailer.send(mail))
    return InvitationToken(row, token)


async def revoke_invitation(uow: UnitOfWork, key: UUID) -> Invitation:
    """Raises: NotFound, Conflict where it was accepted."""
    actor = require(uow.actor, Action.USER_ADMINISTER)
    chosen = col(Invitation.key) == key, col(Invitation.organization_key) == actor.organization_key
    row: Invitation | None = await uow.session.scalar(select(Invitation).where(*chosen).with_for_update())
    if row is None:
        raise NotFound("There is no such invitation, or you may not see it.", ["invitationId"])
    if row.accepted_at is not None:
        raise Conflict("This invitation was accepted. Disable the user instead.", ["invitationId"])
    if row.revoked_at is None:
        row.revoked_at = now()
        uow.audit("invitation:revoke", row.key)
    return row


async def list_invitations(uow: UnitOfWork, page: PageRequest) -> Page[Invitation]:
    """Newest first, those that have ended too."""
    actor = require(uow.actor, Action.USER_ADMINISTER)
    statement = select(Invitation).where(col(Invitation.organization_key) == actor.organization_key)
    return await list_page(uow.session, statement, ORDER, page)


async def find_invitation(uow: UnitOfWork, key: UUID) -> Invitation | None:
    """Of the administrator's organization."""
    actor = require(uow.actor, Action.USER_ADMINISTER)
    row = await uow.session.get(Invitation, key)
    return row if row is not None and row.organization_key == actor.organization_key else None


async def get_open_invitation(session: AsyncSession, token: str, email: str) -> Invitation:
    """Raises: NotFound, alike for one that is not there and one for another address; Expired."""
    row: Invitation | None = await session.scalar(select(Invitation).where(col(Invitation.token_hash) == _hash(token)))
    if row is None or row.email != email:
        raise NotFound("There is no such invitation for this e-mail address.", ["invitation"])
    if not is_open(row):
        raise Expired("This invitation was used, revoked or has expired. Ask for a new one.", ["invitation"])
    return row


async def is_invited(session: AsyncSession, email: str) -> bool:
    """Whether an open invitation waits for this address, in any organization."""
    rows = (await session.execute(select(Invitation).where(is_blind(Invitation, "email_blind", None, email)))).scalars()
    return any(is_open(row) for row in rows)


def is_open(row: Invitation) -> bool:
    return row.accepted_at is None and row.revoked_at is None and row.expires_at > now()


async def _lock_organization(session: AsyncSession, key: UUID) -> Organization:
    """Until the transaction ends: of two invitations at once the second sees the first."""
    organization = await session.scalar(select(Organization).where(col(Organization.key) == key).with_for_update())
    if organization is None:
        raise NotFound("There is no such organization.")
    return organization


async def _check_new(uow: UnitOfWork, organization_key: UUID, email: str) -> None:
    """Says nothing of accounts in other organizations: their owner learns of them when the invitation is used."""
    colleague = is_blind(User, "email_blind", None, email), col(User.organization_key) == organization_key
    if await uow.session.scalar(select(func.count()).select_from(User).where(*colleague)):
        raise Conflict("This e-mail address belongs to somebody of your organization already.", ["email"])
    ours = col(Invitation.organization_key) == organization_key
    recent = select(func.count()).select_from(Invitation).where(ours, col(Invitation.created_at) > now() - DAY)
    if int(await uow.session.scalar(recent) or 0) >= uow.settings.invitations_per_day:
        raise RateLimited("Too many invitations within a day. Try again tomorrow.", retry_after=DAY.total_seconds())
    earlier = ours, is_blind(Invitation, "email_blind", None, email), col(Invitation.accepted_at).is_(None)
    unused = update(Invitation).where(*earlier, col(Invitation.revoked_at).is_(None)).values(revoked_at=now())
    for key in (await uow.session.execute(unused.returning(col(Invitation.key)))).scalars():
        uow.audit("invitation:revoke", key)


def _hash(token: str) -> str:
    """SHA-256 suffices: the token is 256 random bits."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
