"""All tables, one module a noun; importing this package fills `SQLModel.metadata` for the migrations."""

from api.persistence.tables.analyses import Analysis, Feedback, Finding
from api.persistence.tables.audit import (
    SYSTEM_ORGANIZATION,
    AuditAnchor,
    AuditBurst,
    AuditChain,
    AuditEntry,
    AuditVerification,
)
from api.persistence.tables.budgets import RateBudget
from api.persistence.tables.cases import Case, CaseStudy, Participant
from api.persistence.tables.exports import Export
from api.persistence.tables.identity import (
    Challenge,
    Invitation,
    LocalAccount,
    MailedCode,
    RecoveryCode,
    SignUp,
)
from api.persistence.tables.images import Frame, Instance, Patient, Series, Stack, Study
from api.persistence.tables.keys import BlindIndexKey, DataKey
from api.persistence.tables.models import ModelActivation
from api.persistence.tables.notifications import CaseRead, Notice, Notification, PushSubscription
from api.persistence.tables.partners import ApiKey
from api.persistence.tables.people import Organization, Session, SignInFailure, User
from api.persistence.tables.reading import Annotation, Comment, Release, Review
from api.persistence.tables.records import Event, EventStream, IdempotencyKey
from api.persistence.tables.uploads import Upload, UploadCase, UploadFile, UploadInstance

__all__ = [
    "SYSTEM_ORGANIZATION",
    "Analysis",
    "Annotation",
    "ApiKey",
    "AuditAnchor",
    "AuditBurst",
    "AuditChain",
    "AuditEntry",
    "AuditVerification",
    "BlindIndexKey",
    "Case",
    "CaseRead",
    "CaseStudy",
    "Challenge",
    "Comment",
    "DataKey",
    "Event",
    "EventStream",
    "Export",
    "Feedback",
    "Finding",
    "Frame",
    "IdempotencyKey",
    "Instance",
    "Invitation",
    "LocalAccount",
    "MailedCode",
    "ModelActivation",
    "Notice",
    "Notification",
    "Organization",
    "Participant",
    "Patient",
    "PushSubscription",
    "RateBudget",
    "RecoveryCode",
    "Release",
    "Review",
    "Series",
    "Session",
    "SignInFailure",
    "SignUp",
    "Stack",
    "Study",
    "Upload",
    "UploadCase",
    "UploadFile",
    "UploadInstance",
    "User",
]
