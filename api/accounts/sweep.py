"""What nobody answered any more goes."""

from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import col

from api.persistence.columns import now
from api.persistence.tables import Challenge, MailedCode, SignUp
from api.unit_of_work import House


async def sweep(house: House) -> None:
    async with house.unit_of_work() as uow:
        await uow.session.execute(delete(Challenge).where(col(Challenge.expires_at) < now()))
        await uow.session.execute(delete(MailedCode).where(col(MailedCode.expires_at) < now()))
        too_old = now() - timedelta(days=uow.settings.invitation_days)
        await uow.session.execute(delete(SignUp).where(col(SignUp.created_at) < too_old))
