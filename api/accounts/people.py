"""The people of an organization, for its administrators."""

from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import col

from api.errors import Invalid
from api.permissions import Action, require
from api.persistence.columns import is_storable
from api.persistence.paging import Page, PageRequest, SortKey, list_page
from api.persistence.tables import User
from api.unit_of_work import UnitOfWork

LONGEST_TEXT = 200
ORDER = (SortKey(col(User.display_name), kind=str), SortKey(col(User.key), kind=UUID))


async def list_users(uow: UnitOfWork, text: str | None, page: PageRequest) -> Page[User]:
    """By name. text: within the name or the e-mail address. Raises: Invalid."""
    actor = require(uow.actor, Action.USER_ADMINISTER)
    statement = select(User).where(col(User.organization_key) == actor.organization_key)
    if text is not None and text.strip():
        if len(text) > LONGEST_TEXT or not is_storable(text):
            raise Invalid(f"Search for at most {LONGEST_TEXT} letters.", ["text"])
        sought = text.strip()
        contains = [column.icontains(sought, autoescape=True) for column in (col(User.display_name), col(User.email))]
        statement = statement.where(or_(*contains))
    return await list_page(uow.session, statement, ORDER, page)
