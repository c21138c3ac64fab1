"""Sentences of a report that every format has: said once, so that none says it otherwise."""

from datetime import UTC, datetime

from api.inference.size_categories import SizeCategory
from api.reports.content import NOTICE, Analysis, Content, Finding, Review, Stack

NO_FINDINGS = "No findings."
NO_RESULT = {
    "FAILED": "The analysis failed: there is no result.",
    "UNSUITABLE": "The images do not suit the model: there is no result.",
    "CANCELLED": "The analysis was cancelled: there is no result.",
}
NO_SPACING = "No pixel spacing: sizes are in pixels alone."


def analysis_lines(content: Content, analysis: Analysis) -> list[str]:
    """What an analysis says as a whole, without its findings."""
    model = analysis.model
    return [
        NOTICE,
        f"{model.title}, version {model.version}.",
        *outcome(analysis),
        *warnings(content),
        *(f"Limit: {limit}" for limit in model.limits),
    ]


def outcome(analysis: Analysis) -> list[str]:
    """Why it came to nothing, or that it found nothing."""
    none = NO_FINDINGS if analysis.status == "SUCCEEDED" and not analysis.findings else None
    return [sentence for sentence in (NO_RESULT.get(analysis.status), analysis.failure, none) if sentence]


def warnings(content: Content) -> list[str]:
    """Of the analysis and of the images that it looked at, each once."""
    of_analysis = content.analysis.warnings if content.analysis else ()
    of_images = content.stack.warnings if content.stack else ()
    spacing = (NO_SPACING,) if content.stack and not has_spacing(content.stack) else ()
    return list(dict.fromkeys((*of_analysis, *of_images, *spacing)))


def review_lines(review: Review) -> list[str]:
    return [
        NOTICE,
        f"Impression: {review.impression}",
        *([f"Recommendation: {review.recommendation}"] if review.recommendation else []),
        f"Urgency: {review.urgency}",
        *addenda(review),
        *releases(review),
    ]


def addenda(review: Review) -> list[str]:
    return [f"Addendum of {when(each.signed_at)} by {each.by}: {each.text}" for each in review.addenda]


def releases(review: Review) -> list[str]:
    lines = []
    for each in review.releases:
        lines.append(f"Released to the patient {when(each.at)}: {each.summary}")
        if each.withdrawn_at:
            lines.append(f"Release withdrawn {when(each.withdrawn_at)}.")
    return lines


def category(rule: SizeCategory) -> str:
    return f"{rule.category}, if {'; '.join(rule.assumptions)}"


def position(finding: Finding) -> str | None:
    """LPS mm."""
    return " ".join(f"{value:.1f}" for value in finding.position) if finding.position else None


def size(stack: Stack | None, finding: Finding) -> str:
    """The diameter, or what is known of the size without one."""
    if finding.diameter is not None:
        return f"{finding.diameter:.1f} mm"
    if stack is not None and has_spacing(stack):
        return "not measured"
    if finding.box is None:
        return "not known: no pixel spacing"
    return f"no pixel spacing: {finding.box[2]:.0f} × {finding.box[3]:.0f} pixels"


def has_spacing(stack: Stack) -> bool:
    return stack.row_spacing is not None and stack.column_spacing is not None


def when(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
