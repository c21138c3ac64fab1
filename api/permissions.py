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


class Scope(StrEnum):
    """What an API key may do; the contract's `Scope`, value for value."""

    CASES_READ = "CASES_READ"
    CASES_WRITE = "CASES_WRITE"
    ANALYSES_WRITE = "ANALYSES_WRITE"
    COMMENTS_WRITE = "COMMENTS_WRITE"
    IDENTITY_READ = "IDENTITY_READ"


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
    CASE_SEE_REVIEWS = "case:see_reviews"
    CASE_SEE_RELEASES = "case:see_releases"
    CASE_SEE_COMMENTS = "case:see_comments"  # those meant for everyone
    CASE_SEE_CLINICIANS_COMMENTS = "case:see_clinicians_comments"
    CASE_SEE_ANNOTATIONS = "case:see_annotations"
    CASE_SEE_FEEDBACK = "case:see_feedback"  # on its analyses
    CASE_UPDATE = "case:update"
    CASE_DELETE = "case:delete"
    CASE_ADD_IMAGES = "case:add_images"
    CASE_SET_URGENCY = "case:set_urgency"
    CASE_COMMENT = "case:comment"
    CASE_COMMENT_TO_CLINICIANS = "case:comment_to_clinicians"  # to them alone
    CASE_ANNOTATE = "case:annotate"
    CASE_SIGN = "case:sign"
    CASE_RELEASE = "case:release"
    CASE_SHARE = "case:share"
    CASE_DOWNLOAD = "case:download"
    ANALYSIS_START = "analysis:start"
    ANALYSIS_CANCEL = "analysis:cancel"
    ANALYSIS_GIVE_FEEDBACK = "analysis:give_feedback"
    UPLOAD_CREATE = "upload:create"
    MODEL_SEE = "model:see"
    MODEL_ACTIVATE = "model:activate"  # the version that new analyses take
    SESSION_MANAGE = "session:manage"  # one's own
    NOTIFICATION_MANAGE = "notification:manage"  # one's own, and where they are pushed to
    USER_SEE_PATIENTS = "user:see_patients"  # accounts of patients of one's organization, others than oneself
    USER_ADMINISTER = "user:administer"  # list, invite, role, disable
    API_KEY_ADMINISTER = "api_key:administer"
    AUDIT_READ = "audit:read"


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
        Action.CASE_SEE_RELEASES: PARTICIPANTS,
        Action.CASE_SEE_COMMENTS: PARTICIPANTS,
        Action.CASE_UPDATE: OWNER,
        Action.CASE_ADD_IMAGES: OWNER,
        Action.CASE_COMMENT: PARTICIPANTS,
        Action.CASE_DOWNLOAD: PARTICIPANTS,
    },
    Role.CLINICIAN: {
        Action.CASE_SEE: KNOWN,
        Action.CASE_SEE_IDENTITY: KNOWN,
        Action.CASE_SEE_ANALYSES: KNOWN,
        Action.CASE_SEE_REVIEWS: KNOWN,
        Action.CASE_SEE_RELEASES: KNOWN,
        Action.CASE_SEE_COMMENTS: KNOWN,
        Action.CASE_SEE_CLINICIANS_COMMENTS: KNOWN,
        Action.CASE_SEE_ANNOTATIONS: KNOWN,
        Action.CASE_SEE_FEEDBACK: KNOWN,
        Action.CASE_UPDATE: WRITERS,
        Action.CASE_DELETE: OWNER,
        Action.CASE_ADD_IMAGES: WRITERS,
        Action.CASE_SET_URGENCY: WRITERS,
        Action.CASE_COMMENT: KNOWN,
        Action.CASE_COMMENT_TO_CLINICIANS: KNOWN,
        Action.CASE_ANNOTATE: WRITERS,
        Action.CASE_SIGN: WRITERS,
        Action.CASE_RELEASE: WRITERS,
        Action.CASE_SHARE: WRITERS,
        Action.CASE_DOWNLOAD: KNOWN,
        Action.ANALYSIS_START: WRITERS,
        Action.ANALYSIS_CANCEL: WRITERS,
        Action.ANALYSIS_GIVE_FEEDBACK: WRITERS,
    },
    Role.ADMINISTRATOR: {
        Action.CASE_SEE: PARTICIPANTS,
        Action.CASE_SEE_IDENTITY: PARTICIPANTS,
        Action.CASE_SEE_ANALYSES: PARTICIPANTS,
        Action.CASE_SEE_REVIEWS: PARTICIPANTS,
        Action.CASE_SEE_RELEASES: PARTICIPANTS,
        Action.CASE_SEE_COMMENTS: PARTICIPANTS,
        Action.CASE_SEE_CLINICIANS_COMMENTS: PARTICIPANTS,
        Action.CASE_SEE_ANNOTATIONS: PARTICIPANTS,
        Action.CASE_SEE_FEEDBACK: PARTICIPANTS,
        Action.CASE_COMMENT: PARTICIPANTS,
        Action.CASE_COMMENT_TO_CLINICIANS: PARTICIPANTS,
        Action.CASE_DOWNLOAD: PARTICIPANTS,
    },
    Role.PARTNER: {
        Action.CASE_SEE: KNOWN,
        Action.CASE_SEE_IDENTITY: KNOWN,
        Action.CASE_SEE_ANALYSES: KNOWN,
        Action.CASE_SEE_REVIEWS: KNOWN,
        Action.CASE_SEE_RELEASES: KNOWN,
        Action.CASE_SEE_COMMENTS: KNOWN,
        Action.CASE_SEE_CLINICIANS_COMMENTS: KNOWN,
        Action.CASE_SEE_ANNOTATIONS: KNOWN,
        Action.CASE_SEE_FEEDBACK: KNOWN,
        Action.CASE_UPDATE: WRITERS,
        Action.CASE_ADD_IMAGES: WRITERS,
        Action.CASE_SET_URGENCY: WRITERS,
        Action.CASE_COMMENT: KNOWN,
        Action.CASE_COMMENT_TO_CLINICIANS: KNOWN,
        Action.CASE_DOWNLOAD: KNOWN,
        Action.ANALYSIS_START: WRITERS,
        Action.ANALYSIS_CANCEL: WRITERS,
    },
}

# Actions that concern no case.
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
PEOPLE = frozenset({Role.PATIENT, Role.CLINICIAN, Role.ADMINISTRATOR})
GENERAL: dict[Action, Set[Role]] = {
    Action.UPLOAD_CREATE: frozenset({Role.PATIENT, Role.CLINICIAN, Role.PARTNER}),
    Action.MODEL_SEE: frozenset(Role),
    Action.SESSION_MANAGE: PEOPLE,
    Action.NOTIFICATION_MANAGE: PEOPLE,
    Action.USER_SEE_PATIENTS: frozenset({Role.CLINICIAN, Role.ADMINISTRATOR, Role.PARTNER}),
    Action.USER_ADMINISTER: ADMINISTRATORS,
    Action.API_KEY_ADMINISTER: ADMINISTRATORS,
    Action.MODEL_ACTIVATE: ADMINISTRATORS,
    Action.AUDIT_READ: ADMINISTRATORS,
}

# What a key must hold besides, for actions that its role allows; None: every key may.
SCOPES: dict[Action, Scope | None] = {
    Action.CASE_SEE: Scope.CASES_READ,
    Action.CASE_SEE_IDENTITY: Scope.IDENTITY_READ,
    Action.CASE_SEE_ANALYSES: Scope.CASES_READ,
    Action.CASE_SEE_REVIEWS: Scope.CASES_READ,
    Action.CASE_SEE_RELEASES: Scope.CASES_READ,
    Action.CASE_SEE_COMMENTS: Scope.CASES_READ,
    Action.CASE_SEE_CLINICIANS_COMMENTS: Scope.CASES_READ,
    Action.CASE_SEE_ANNOTATIONS: Scope.CASES_READ,
    Action.CASE_SEE_FEEDBACK: Scope.CASES_READ,
    Action.CASE_DOWNLOAD: Scope.CASES_READ,
    Action.CASE_UPDATE: Scope.CASES_WRITE,
    Action.CASE_ADD_IMAGES: Scope.CASES_WRITE,
    Action.CASE_SET_URGENCY: Scope.CASES_WRITE,
    Action.CASE_COMMENT: Scope.COMMENTS_WRITE,
    Action.CASE_COMMENT_TO_CLINICIANS: Scope.COMMENTS_WRITE,
    Action.ANALYSIS_START: Scope.ANALYSES_WRITE,
    Action.ANALYSIS_CANCEL: Scope.ANALYSES_WRITE,
    Action.UPLOAD_CREATE: Scope.CASES_WRITE,
    Action.MODEL_SEE: None,
    Action.USER_SEE_PATIENTS: Scope.IDENTITY_READ,
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a signed-in person or an application.

    session_key: of a person's session. api_key_key, scopes: of an application's key; a person has neither.
    """

    user_key: UUID
    organization_key: UUID
    role: Role
    session_key: UUID | None = None
    api_key_key: UUID | None = None
    scopes: frozenset[Scope] | None = None


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
    if not _is_in_scope(actor, action):
        return False
    if subject is None:
        return actor.role in GENERAL.get(action, frozenset())
    return relation_to(actor, subject) in TABLE[actor.role].get(action, frozenset())


def is_conceivable(actor: Actor, action: Action) -> bool:
    """Whether there could be a case on which the actor may do this: for what a list or a search may look into."""
    return _is_in_scope(actor, action) and bool(TABLE[actor.role].get(action))


def require(actor: Actor | None, action: Action, subject: CaseSubject | None = None) -> Actor:
    """Return the actor, or raise Unauthenticated, NotFound (may not see the case) or NotPermitted (may not do that)."""
    if actor is None:
        raise Unauthenticated()
    if is_allowed(actor, action, subject):
        return actor
    refusal: NotFound | NotPermitted = NotPermitted("Your role does not allow this.")
    if subject is not None and not is_allowed(actor, Action.CASE_SEE, subject):
        refusal = NotFound("There is no such case, or you may not see it.")
    refusal.action = action
    raise refusal


def sees_all_cases(actor: Actor) -> bool:
    """True where a list shows every case of the organization, not only those one takes part in."""
    return Relation.COLLEAGUE in TABLE[actor.role].get(Action.CASE_SEE, frozenset())


def sees_user(actor: Actor, user_key: UUID, organization_key: UUID, role: Role) -> bool:
    """Whether an account shows by its id: oneself, and those of one's organization; patients' where the table says."""
    if user_key == actor.user_key:
        return True
    if organization_key != actor.organization_key:
        return False
    return role is not Role.PATIENT or is_allowed(actor, Action.USER_SEE_PATIENTS)


def sees_name(actor: Actor, role: Role) -> bool:
    """Whether somebody of this role, met in a case, is shown by name: a patient's account says who the patient is."""
    return role is not Role.PATIENT or is_conceivable(actor, Action.CASE_SEE_IDENTITY)


def _is_in_scope(actor: Actor, action: Action) -> bool:
    if actor.scopes is None:
        return actor.role is not Role.PARTNER
    return action in SCOPES and (SCOPES[action] is None or SCOPES[action] in actor.scopes)
