"""Who may do what: one pure table of role × action × relation to the case.

`require` is the first line of every feature function; list queries filter by the same relation (`sees_all_cases`).
What one may not see does not exist: a missing right to see gives NotFound, a missing right to act NotPermitted.
"""

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from api.errors import NotFound, NotPermitted, Unauthenticated


class Role(StrEnum):
    PATIENT = "PATIENT"
    CLINICIAN = "CLINICIAN"
    ADMINISTRATOR = "ADMINISTRATOR"
    PARTNER = "PARTNER"


class Relation(StrEnum):
    """What a person is to a case; the strongest one counts."""

    OWNER = "OWNER"
    CONTRIBUTOR = "CONTRIBUTOR"
    READER = "READER"
    COLLEAGUE = "COLLEAGUE"  # of the case's organization, not a participant
    STRANGER = "STRANGER"


class Action(StrEnum):
    """Names are `subject:action`, shared with the audit trail."""

    CASE_SEE = "case:see"
    CASE_SEE_IDENTITY = "case:see_identity"
    CASE_SEE_ANALYSES = "case:see_analyses"
    CASE_UPDATE = "case:update"
    CASE_DELETE = "case:delete"
    CASE_ADD_IMAGES = "case:add_images"
    CASE_COMMENT = "case:comment"
    CASE_ANNOTATE = "case:annotate"
    CASE_SIGN = "case:sign"
    CASE_RELEASE = "case:release"
    CASE_SHARE = "case:share"
    CASE_DOWNLOAD = "case:download"
    ANALYSIS_START = "analysis:start"
    ANALYSIS_CANCEL = "analysis:cancel"
    UPLOAD_CREATE = "upload:create"
    MODEL_SEE = "model:see"


PARTICIPANTS = frozenset({Relation.OWNER, Relation.CONTRIBUTOR, Relation.READER})
CONTRIBUTORS = frozenset({Relation.OWNER, Relation.CONTRIBUTOR})
KNOWN = PARTICIPANTS | {Relation.COLLEAGUE}
WRITERS = CONTRIBUTORS | {Relation.COLLEAGUE}
OWNER = frozenset({Relation.OWNER})

# A role without a row for an action may never take it.
TABLE: dict[Role, dict[Action, Set[Relation]]] = {
    Role.PATIENT: {
        Action.CASE_SEE: PARTICIPANTS,
        Action.CASE_SEE_IDENTITY: PARTICIPANTS,
        Action.CASE_UPDATE: OWNER,
        Action.CASE_ADD_IMAGES: OWNER,
        Action.CASE_COMMENT: PARTICIPANTS,
        Action.CASE_DOWNLOAD: PARTICIPANTS,
    },
    Role.CLINICIAN: {
        Action.CASE_SEE: KNOWN,
        Action.CASE_SEE_IDENTITY: KNOWN,
        Action.CASE_SEE_ANALYSES: KNOWN,
        Action.CASE_UPDATE: WRITERS,
        Action.CASE_DELETE: OWNER,
        Action.CASE_ADD_IMAGES: WRITERS,
        Action.CASE_COMMENT: KNOWN,
        Action.CASE_ANNOTATE: WRITERS,
        Action.CASE_SIGN: WRITERS,
        Action.CASE_RELEASE: WRITERS,
        Action.CASE_SHARE: WRITERS,
        Action.CASE_DOWNLOAD: KNOWN,
        Action.ANALYSIS_START: WRITERS,
        Action.ANALYSIS_CANCEL: WRITERS,
    },
    Role.ADMINISTRATOR: {
        Action.CASE_SEE: PARTICIPANTS,
        Action.CASE_SEE_IDENTITY: PARTICIPANTS,
        Action.CASE_SEE_ANALYSES: PARTICIPANTS,
        Action.CASE_COMMENT: PARTICIPANTS,
        Action.CASE_DOWNLOAD: PARTICIPANTS,
    },
    Role.PARTNER: {
        Action.CASE_SEE: KNOWN,
        Action.CASE_SEE_ANALYSES: KNOWN,
        Action.CASE_UPDATE: WRITERS,
        Action.CASE_ADD_IMAGES: WRITERS,
        Action.CASE_DOWNLOAD: KNOWN,
        Action.ANALYSIS_START: WRITERS,
        Action.ANALYSIS_CANCEL: WRITERS,
    },
}

# Actions that concern no case.
GENERAL: dict[Action, Set[Role]] = {
    Action.UPLOAD_CREATE: frozenset({Role.PATIENT, Role.CLINICIAN, Role.PARTNER}),
    Action.MODEL_SEE: frozenset(Role),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a signed-in person or an application."""

    user_key: UUID
    organization_key: UUID
    role: Role
    session_key: UUID | None = None


@dataclass(frozen=True, slots=True)
class CaseSubject:
    """A case as permissions see it: whose it is, and what the actor is to it."""

    case_key: UUID
    organization_key: UUID
    access: str | None  # the actor's own participation: OWNER, CONTRIBUTOR, READER


def relation_to(actor: Actor, subject: CaseSubject) -> Relation:
    if subject.access is not None:
        return Relation(subject.access)
    return Relation.COLLEAGUE if subject.organization_key == actor.organization_key else Relation.STRANGER


def is_allowed(actor: Actor, action: Action, subject: CaseSubject | None = None) -> bool:
    if subject is None:
        return actor.role in GENERAL.get(action, frozenset())
    return relation_to(actor, subject) in TABLE[actor.role].get(action, frozenset())


def require(actor: Actor | None, action: Action, subject: CaseSubject | None = None) -> Actor:
    """Return the actor, or raise Unauthenticated, NotFound (may not see the case) or NotPermitted (may not do that)."""
    if actor is None:
        raise Unauthenticated()
    if is_allowed(actor, action, subject):
        return actor
    if subject is not None and not is_allowed(actor, Action.CASE_SEE, subject):
        raise NotFound("There is no such case, or you may not see it.")
    raise NotPermitted("Your role does not allow this.")


def sees_all_cases(role: Role) -> bool:
    """True where a list shows every case of the organization, not only those one takes part in."""
    return Relation.COLLEAGUE in TABLE[role].get(Action.CASE_SEE, frozenset())
