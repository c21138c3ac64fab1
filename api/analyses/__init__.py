"""Analyses: request, cancel, follow; and the job that reads a stack and writes down what it found."""

from api.analyses.models import find_model, list_models
from api.analyses.reading import (
    find,
    find_finding,
    findings_of,
    latest_of_cases,
    list_analyses,
)
from api.analyses.requesting import cancel, request
from api.analyses.running import give_up, run

__all__ = [
    "cancel",
    "find",
    "find_finding",
    "find_model",
    "findings_of",
    "give_up",
    "latest_of_cases",
    "list_analyses",
    "list_models",
    "request",
    "run",
]
