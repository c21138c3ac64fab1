"""All tables, one module a noun; importing this package fills `SQLModel.metadata` for the migrations."""

from api.persistence.tables.analyses import Analysis, Finding
from api.persistence.tables.cases import Case, CaseStudy, Participant
from api.persistence.tables.exports import Export
from api.persistence.tables.images import Frame, Instance, Patient, Series, Stack, Study
from api.persistence.tables.people import LocalCredential, Organization, Session, SignInFailure, User
from api.persistence.tables.reading import Comment, Release, Review
from api.persistence.tables.records import AuditEntry, Event, EventStream, IdempotencyKey
from api.persistence.tables.uploads import Upload, UploadCase, UploadFile, UploadInstance

__all__ = [
    "Analysis",
    "AuditEntry",
    "Case",
    "CaseStudy",
    "Comment",
    "Event",
    "EventStream",
    "Export",
    "Finding",
    "Frame",
    "IdempotencyKey",
    "Instance",
    "LocalCredential",
    "Organization",
    "Participant",
    "Patient",
    "Release",
    "Review",
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
