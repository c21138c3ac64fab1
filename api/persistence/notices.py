"""Leave word that something happened, in the transaction of it: a row, and the job that tells whom it concerns."""

from enum import StrEnum


class Topic(StrEnum):
    """What happened; `api.notifications` says who is told what of it."""

    ANALYSIS_ENDED = "ANALYSIS_ENDED"
    ANALYSIS_MADE_URGENT = "ANALYSIS_MADE_URGENT"  # it ended, and by it the case is urgent
    COMMENT_ADDED = "COMMENT_ADDED"
    CASE_SHARED = "CASE_SHARED"  # the subject is the participant
    REVIEW_SIGNED = "REVIEW_SIGNED"
    RESULT_RELEASED = "RESULT_RELEASED"  # the subject is the review
    EXPORT_READY = "EXPORT_READY"
