"""What there is to be told, which right shows it, and in what words: such as a lock screen may show."""

from enum import StrEnum

from api.permissions import Action


class NotificationKind(StrEnum):
    ANALYSIS_FINISHED = "ANALYSIS_FINISHED"
    ANALYSIS_FAILED = "ANALYSIS_FAILED"
    URGENT_FINDING = "URGENT_FINDING"
    MENTION = "MENTION"
    REPLY = "REPLY"
    CASE_SHARED = "CASE_SHARED"
    REVIEW_SIGNED = "REVIEW_SIGNED"
    RESULT_RELEASED = "RESULT_RELEASED"
    EXPORT_READY = "EXPORT_READY"


Kind = NotificationKind

# Of comments it is the right that their audience has.
SHOWN_BY = {
    Kind.ANALYSIS_FINISHED: Action.CASE_SEE_ANALYSES,
    Kind.ANALYSIS_FAILED: Action.CASE_SEE_ANALYSES,
    Kind.URGENT_FINDING: Action.CASE_SEE_ANALYSES,
    Kind.CASE_SHARED: Action.CASE_SEE,
    Kind.REVIEW_SIGNED: Action.CASE_SEE_REVIEWS,
    Kind.RESULT_RELEASED: Action.CASE_SEE_RELEASES,
    Kind.EXPORT_READY: Action.CASE_DOWNLOAD,
}

# One, and several. No name, no title, nothing of what was found or said.
TEXTS = {
    Kind.ANALYSIS_FINISHED: ("An analysis has finished.", "{} analyses have finished."),
    Kind.ANALYSIS_FAILED: ("An analysis gave no result.", "{} analyses gave no result."),
    Kind.URGENT_FINDING: ("A case asks for an urgent look.", "A case asks for an urgent look."),
    Kind.MENTION: ("You were mentioned in a comment.", "You were mentioned in {} comments."),
    Kind.REPLY: ("1 reply in a discussion.", "{} replies in a discussion."),
    Kind.CASE_SHARED: ("A case was shared with you.", "A case was shared with you."),
    Kind.REVIEW_SIGNED: ("A reading was signed.", "{} readings were signed."),
    Kind.RESULT_RELEASED: ("A result is ready for you.", "{} results are ready for you."),
    Kind.EXPORT_READY: ("An export is ready.", "{} exports are ready."),
}


def text_of(kind: NotificationKind, count: int) -> str:
    one, several = TEXTS[kind]
    return one if count == 1 else several.format(count)
