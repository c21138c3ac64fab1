"""All tables, one module a noun; importing this package fills `SQLModel.metadata` for the migrations."""

from api.persistence.tables.analyses import Analysis, Finding
from api.persistence.tables.cases import Case, CaseStudy, Participant
from api.persistence.tables.images import Frame, Instance, Patient, Series, Stack, Study
from api.persistence.tables.keys import BlindIndexKey, DataKey
from api.persistence.tables.people import LocalCredential, Organization, Session, SignInFailure, User
from api.persistence.tables.records import AuditEntry, Event, EventStream, IdempotencyKey
from api.persistence.tables.uploads import Upload, UploadCase, UploadFile, UploadInstance

__all__ = [
    "Analysis",
    "AuditEntry",
    "BlindIndexKey",
    "Case",
    "CaseStudy",
    "DataKey",
    "Event",
    "EventStream",
    "Finding",
    "Frame",
    "IdempotencyKey",
    "Instance",
    "LocalCredential",
    "Organization",
    "Participant",
    "Patient",
    "Series",
    "Session",
    "SignInFailure",
    "Stack",
    "Study",
    "Upload",
    "UploadCase",
    "UploadFile",
    "UploadInstance",
    "User",
]
