"""When chains are proved, and what is kept of it: `Administration.audit` tells the last verification's word.

A round proves what came since the last one, where that found nothing wrong; once a day, and after a fault, all of it.
"""

import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlmodel import col

from api.oversight.verification import Checked, Verdict, list_chains, verify
from api.persistence.columns import now
from api.persistence.tables import AuditBurst, AuditVerification
from api.unit_of_work import House, UnitOfWork

log = logging.getLogger(__name__)

ROUND_LOCK: Final = 0x48694175  # one worker proves at a time
WHOLE_HOURS: Final = 24.0
KEPT_DAYS: Final = 90  # of words that a later one has replaced
BURST_HOURS: Final = 24.0


async def verify_due(house: House) -> int:
    """Job: prove each chain whose last verification is old enough; how many. A fault is logged and kept."""
    done = 0
    async with house.sessions() as session, session.begin():
        if not await session.scalar(select(func.pg_try_advisory_xact_lock(ROUND_LOCK))):
            return 0
        for chain in await list_chains(house):
            newest, newest_whole = await _newest(house, chain), await _newest(house, chain, whole=True)
            if newest is not None and not _is_due(newest, house.settings.audit_verify_hours):
                continue
            is_whole = newest is None or not newest.intact or newest_whole is None or _is_due(newest_whole, WHOLE_HOURS)
            since = None if is_whole or newest is None else Checked(newest.last_number, newest.last_hash)
            await keep(house, await verify(house, chain, since))
            done += 1
    return done


async def keep(house: House, verdict: Verdict) -> None:
    """Write the verdict down, and that it was come to."""
    fault = verdict.fault
    if fault is not None:
        log.error("the audit chain %s is broken at entry %d: %s", verdict.chain, fault.number, fault.what)
    async with house.unit_of_work() as uow:
        uow.session.add(
            AuditVerification(
                organization_key=verdict.chain,
                whole=verdict.whole,
                intact=verdict.is_intact,
                last_number=verdict.checked.number,
                last_hash=verdict.checked.hash,
                broken_number=fault.number if fault else None,
                fault=fault.what if fault else None,
            )
        )
        if fault is not None:
            uow.audit("audit:verify", verdict.chain, "failed", kind="Organization")


async def forget_old(house: House) -> None:
    """Job: bursts that are over, and words of long ago; never an entry of the trail, which is kept for good."""
    async with house.unit_of_work() as uow:
        over = now() - timedelta(hours=BURST_HOURS)
        await uow.session.execute(delete(AuditBurst).where(col(AuditBurst.minute) < over))
        await _forget_words(uow)


async def _forget_words(uow: UnitOfWork) -> None:
    newest = select(func.max(col(AuditVerification.at))).group_by(col(AuditVerification.organization_key))
    old = col(AuditVerification.at) < now() - timedelta(days=KEPT_DAYS)
    replaced = (old, col(AuditVerification.intact), col(AuditVerification.at).not_in(newest))
    await uow.session.execute(delete(AuditVerification).where(*replaced))


async def _newest(house: House, chain: UUID, *, whole: bool = False) -> AuditVerification | None:
    statement = select(AuditVerification).where(col(AuditVerification.organization_key) == chain)
    if whole:
        statement = statement.where(col(AuditVerification.whole))
    async with house.sessions() as session:
        found: AuditVerification | None = await session.scalar(
            statement.order_by(col(AuditVerification.at).desc()).limit(1)
        )
    return found


def _is_due(word: AuditVerification, hours: float) -> bool:
    return word.at <= now() - timedelta(hours=hours)
