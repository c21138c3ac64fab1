"""GET of a report from its signed address; it is made for whoever fetches it.

No cookie, no header: the address is the leave, as long as the session or API key lives. What its holder may see of the
report is asked when it is made, never before.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.errors import ApiError, NotPermitted
from api.reports import Made
from api.routes.admission import Admission
from api.routes.frames import GUARDS
from api.routes.refusals import refuse
from api.storage.addresses import NOT_VALID, REPORT_PATH, SignedAddresses
from api.storage.leaves import ReportLeave

FindReport: TypeAlias = Callable[[ReportLeave, str | None], Awaitable[Made | None]]
"""(leave, client's address); None where its holder may not have it."""

NEVER_KEPT: Final = "private, no-store"  # made anew each time; a copy would outlive the session


def routes(addresses: SignedAddresses, admission: Admission, find_report: FindReport) -> list[Route]:
    async def get_report(request: Request) -> Response:
        try:
            leave = addresses.open_report(request.path_params["token"])
            await admission.admit(leave.actor)
            made = await find_report(leave, request.client.host if request.client else None)
            if made is None:
                raise NotPermitted(NOT_VALID)
        except ApiError as error:
            return refuse(error)
        headers = GUARDS | {
            "cache-control": NEVER_KEPT,
            "content-type": made.media_type,
            "content-disposition": f'attachment; filename="{made.file_name}"',
        }
        return Response(made.content, headers=headers)

    return [Route(REPORT_PATH, get_report, methods=["GET"])]
