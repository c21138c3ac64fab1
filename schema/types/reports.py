"""Reports of an analysis or a review: made when they are fetched, and never stored."""

import strawberry

from api import reports
from api.persistence import tables
from schema.context import Info
from schema.fields import described
from schema.types.frames import Download

strawberry.enum(reports.Format, name="ReportFormat")


@strawberry.type
class Report:
    of: strawberry.Private[tables.Analysis | tables.Review]
    format: reports.Format

    @strawberry.field
    async def ready(self, info: Info) -> bool:
        return await self._is_ready(info)

    @described("None until it is ready. A DICOM SR names its source instances: it is for whoever may see identity.")
    async def download(self, info: Info) -> Download | None:
        actor = info.context.actor
        if actor is None or not await self._is_ready(info):
            return None
        found = reports.address(info.context.house, actor, self.of, self.format)
        return Download(url=found.url, media_type=found.media_type, size=None, expires_at=found.expires_at)

    async def _is_ready(self, info: Info) -> bool:
        subject = await info.context.loaders.subjects.load(self.of.case_key)
        return reports.is_ready(info.context.actor, subject, self.of, self.format)


def reports_of(row: tables.Analysis | tables.Review) -> list[Report]:
    """One of each format, of something the actor sees."""
    return [Report(of=row, format=format) for format in reports.Format]
