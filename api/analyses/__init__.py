"""Analyses: request, cancel, follow.

The job is `api.analyses.running`, and only workers import it: what it computes with is large.
"""

from api.analyses.models import activate, find_model, list_active, list_models
from api.analyses.reading import (
    find,
    find_findings,
    find_many,
    findings_of,
    latest_of_cases,
    list_analyses,
)
from api.analyses.requesting import cancel, request

__all__ = [
    "activate",
    "cancel",
    "find",
    "find_findings",
    "find_many",
    "find_model",
    "findings_of",
    "latest_of_cases",
    "list_active",
    "list_analyses",
    "list_models",
    "request",
]
