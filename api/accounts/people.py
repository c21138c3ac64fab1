"""The people of an organization, for its administrators."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, select
from sqlmodel import col

from api.errors import Invalid
from api.permissions import Action, require
from api.persistence.columns import is_storable
from api.persistence.paging import Page, PageRequest, SortKey, list_page
from api.persistence.sealing.folding import words
from api.persistence.sealing.index_columns import Term, holds_any
from api.persistence.tables import User
from api.unit_of_work import UnitOfWork

LONGEST_TEXT = 200
ORDER = (SortKey(col(User.created_at), kind=datetime, descending=True), SortKey(col(User.key), kind=UUID))
FOUND_BY = ("users.display_name", "users.email")


async def list_users(uow: UnitOfWork, text: str | None, page: PageRequest) -> Page[User]:
    """Who came last comes first: names lie sealed, and nothing sorts by them.

    text: words, or their beginnings of three letters or more, of the name or the e-mail address. Raises: Invalid.
    """
    actor = require(uow.actor, Action.USER_ADMINISTER)
    statement = select(User).where(col(User.organization_key) == actor.organization_key)
    if text is not None and text.strip():
        if len(text) > LONGEST_TEXT or not is_storable(text):
            raise Invalid(f"Search for at most {LONGEST_TEXT} letters.", ["text"])
        statement = statement.where(_is_called(text, actor.organization_key))
    return await list_page(uow.session, statement, ORDER, page)


def _is_called(text: str, organization_key: UUID) -> ColumnElement[bool]:
    """All words are found; signs alone are in no index."""
    asked = [holds_any(User, [Term(place, organization_key, word) for place in FOUND_BY]) for word in words(text)]
    return and_(*asked) if asked else false()
