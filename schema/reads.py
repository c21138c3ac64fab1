"""What an operation showed and what it was refused: noted as it happens, written down before the answer goes.

An operation is recorded by what it was entered at: each case, each thing asked for by its id, and besides what is more
than that: whose a case is, what a model said, where images are fetched, which files were sent. What is reached from
there belongs to it. Twice in one operation is one entry; in a subscription, once a minute.
"""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from api.permissions import Action
from api.persistence.audit.entries import Outcome

BURST_SECONDS = 60.0
CASE_LIST = "case:list"
SERIES_OPEN = "series:open"  # where its pictures are fetched was told
UPLOAD_SEE = "upload:see"  # names of files

# Of things asked for by their id; any other is `its_kind:see`.
ACTIONS = {
    "Analysis": Action.CASE_SEE_ANALYSES,
    "Finding": Action.CASE_SEE_ANALYSES,
    "Patient": Action.CASE_SEE_IDENTITY,
}
# Nothing of a patient is in these; of an upload its files are, which are noted when they are shown.
HARMLESS = frozenset({"Model", "Notification", "Organization", "Upload", "User"})
SESSIONS = {"sign_in": "session:open", "refresh_session": "session:refresh", "sign_out": "session:close"}


@dataclass(frozen=True, slots=True)
class Read:
    """is_sought: it was not shown; whether it is there is looked up when it is written."""

    action: str
    kind: str | None = None
    key: UUID | None = None
    outcome: Outcome = Outcome.OK
    is_sought: bool = False


class Reads:
    """Of one operation, which for a subscription lasts as long as that."""

    def __init__(self) -> None:
        self._noted: dict[tuple[object, ...], Read] = {}
        self._written: dict[tuple[object, ...], float] = {}

    def see(self, action: str, kind: str, keys: Iterable[UUID]) -> None:
        """These were shown. A case that a list shows, and then by itself, is seen once."""
        topic = Action.CASE_SEE if action == CASE_LIST else action
        for key in keys:
            self._noted.setdefault((topic, kind, key), Read(str(action), kind, key))

    def seek(self, action: str, kind: str | None, key: UUID | None) -> None:
        """This was asked for in vain: it is not there, or may not be seen."""
        self._noted.setdefault(("sought", action, key), Read(str(action), kind, key, Outcome.REFUSED, is_sought=True))

    def refuse(self, action: str, kind: str | None = None, key: UUID | None = None) -> None:
        self._noted.setdefault(("refused", action, key), Read(str(action), kind, key, Outcome.REFUSED))

    def take(self) -> list[Read]:
        """What is to be written now."""
        at = time.monotonic()
        self._written = {topic: when for topic, when in self._written.items() if at - when < BURST_SECONDS}
        fresh = {topic: read for topic, read in self._noted.items() if topic not in self._written}
        self._written |= dict.fromkeys(fresh, at)
        self._noted.clear()
        return list(fresh.values())


def action_of(kind: str) -> str:
    """The action of seeing a thing of this type by itself."""
    return str(ACTIONS.get(kind) or f"{snake_case(kind)}:see")


def action_of_mutation(name: str) -> str:
    """`delete_case` is `case:delete`."""
    verb, _, noun = name.partition("_")
    return SESSIONS.get(name) or f"{noun}:{verb}"


def snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
