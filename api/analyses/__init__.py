"""Analyses: request, cancel, follow.

The job is `api.analyses.running`, and only workers import it: what it computes with is large.
"""

from api.analyses.models import find_model, list_models
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
    "cancel",
    "find",
    "find_findings",
    "find_many",
    "find_model",
    "findings_of",
    "latest_of_cases",
    "list_analyses",
    "list_models",
    "request",
]
