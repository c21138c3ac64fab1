"""Job: the directory hears what an administrator decided. Our tables decide already; this ends what it keeps itself."""

from uuid import UUID

from api.errors import NotFound
from api.persistence.tables import User
from api.unit_of_work import House


async def tell_directory(house: House, user_key: UUID) -> None:
    """May run twice: it tells how things stand now."""
    async with house.unit_of_work() as uow:
        user = await uow.session.get(User, user_key)
    if user is None or user.subject is None:
        return
    try:
        await house.directory.set_enabled(user.subject, not user.disabled)
        if user.disabled:
            await house.directory.sign_out_everywhere(user.subject)
    except NotFound:
        return  # no such account any more: nobody signs in with it
