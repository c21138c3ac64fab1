"""A report as a PDF: for people, on paper or a screen; the same values and sentences as the other formats have.

Not tagged: reportlab's open edition writes no structure. Its text is text, in fonts that it carries; title and language
are set. The same content makes the same bytes.
"""

from collections.abc import Sequence

import api.reports.person_names as person_names
import api.reports.wording as wording
from api.reports.content import HIDDEN, NOTICE, Analysis, Content, Finding, Noun, Patient, Review, Stack, per_cent
from api.reports.key_images import KeyImage, marked
from api.reports.pdf_pages import LABEL, ROOM, SMALL, STRONG, TEXT, WARNING, Cell, Pages, Style

LANGUAGE = "en"
TITLES = {Noun.ANALYSIS: "Report of an analysis", Noun.REVIEW: "Report of a signed review"}
NUMBERS = (
    "Letters that this report's fonts lack are written as their Unicode numbers, like [U+0E01]; text that is copied "
    "from here holds the letters themselves where the reader can tell."
)
KEY_IMAGES = (
    "Findings at or above the model's operating point. The outline stands around the finding; the images are made "
    "smaller for the page and are not for reading."
)
LABELS = 118.0  # points
SLICE_HEIGHT = 215.0
COLUMNS = (("No.", 32.0), ("Finding", 92.0), ("Probability", 64.0), ("Marked", 48.0), ("Image", 42.0),
           ("Diameter", 88.0), ("Centre, LPS mm", 127.0))  # fmt: skip


def write(content: Content, images: Sequence[KeyImage]) -> bytes:
    """images: of the marked findings, as far as they were drawn. Blocking."""
    title = TITLES[content.noun]
    pages = Pages(_head(content, title), NOTICE)
    pages.text(title, Style(17.0, bold=True))
    pages.text(NOTICE, Style(11.0, True, WARNING))
    _facts(
        pages, [("Made by", content.organization), ("As of", wording.when(content.at)), ("Report", str(content.key))]
    )
    _patient(pages, content)
    if content.noun is Noun.REVIEW:
        _review(pages, content.review)
    _analysis(pages, content, images)
    if content.noun is Noun.ANALYSIS:
        _review(pages, content.review)
    if pages.has_numbers:
        pages.space(8)
        pages.text(NUMBERS, SMALL)
    return pages.write(title, LANGUAGE)


def _head(content: Content, title: str) -> str:
    """Whose it is, on every page, as far as it may be told."""
    if content.patient is None:
        return f"Hilum · {title}"
    parts = ("Hilum", title, content.patient.patient_id, person_names.shown(content.patient.name))
    return " · ".join(filter(None, parts))


def _facts(pages: Pages, facts: Sequence[tuple[str, str | None]]) -> None:
    for label, value in facts:
        if value:
            pages.row([Cell(label, LABELS, LABEL), Cell(value, ROOM - LABELS)])


def _patient(pages: Pages, content: Content) -> None:
    pages.heading("Patient and images")
    if content.patient is None:
        pages.text(HIDDEN)
    else:
        _facts(pages, _identity(content.patient))
    if content.stack is not None:
        _facts(pages, _images(content.stack))


def _identity(patient: Patient) -> list[tuple[str, str | None]]:
    return [
        ("Name", person_names.shown(patient.name)),
        ("Patient ID", patient.patient_id or person_names.NOT_KNOWN),
        ("Issued by", patient.issuer),
        ("Birth date", patient.birth_date.isoformat() if patient.birth_date else person_names.NOT_KNOWN),
        ("Sex", patient.sex or person_names.NOT_KNOWN),
    ]


def _images(stack: Stack) -> list[tuple[str, str | None]]:
    spacing = wording.NO_SPACING
    if stack.row_spacing is not None and stack.column_spacing is not None:
        spacing = f"{stack.row_spacing:.3g} × {stack.column_spacing:.3g} mm (rows × columns)"
    part = ", ".join(filter(None, (stack.modality, stack.body_part, stack.laterality)))
    return [
        ("Study", stack.study_description),
        ("Accession number", stack.accession_number),
        ("Date of the study", stack.started_at.date().isoformat() if stack.started_at else None),
        ("Images", f"{len(stack.frames)} of {stack.columns} × {stack.rows} pixels, {part}"),
        ("Series", str(stack.series_number) if stack.series_number is not None else None),
        ("Pixel spacing", spacing),
    ]


def _review(pages: Pages, review: Review | None) -> None:
    if review is None:
        return
    pages.heading("Signed review")
    pages.text("Impression", STRONG)
    pages.text(review.impression)
    if review.recommendation:
        pages.space(4)
        pages.text("Recommendation", STRONG)
        pages.text(review.recommendation)
    pages.space(4)
    _facts(pages, [("Urgency", review.urgency), ("Signed by", review.by), ("Signed", wording.when(review.signed_at))])
    for sentence in (*wording.addenda(review), *wording.releases(review)):
        pages.space(4)
        pages.text(sentence)


def _analysis(pages: Pages, content: Content, images: Sequence[KeyImage]) -> None:
    analysis = content.analysis
    if analysis is None:
        return
    model = analysis.model
    pages.heading("What the model says")
    _facts(pages, [
        ("Model", f"{model.title} ({model.name}), version {model.version}"),
        ("Ended", wording.when(analysis.at)),
        *((f"Score: {label}", f"{per_cent(probability):.1f} %") for label, probability in analysis.scores),
    ])  # fmt: skip
    for sentence in wording.outcome(analysis):
        pages.text(sentence, STRONG)
    for sentence in wording.warnings(content):
        pages.text(f"Warning: {sentence}", Style(colour=WARNING))
    _key_images(pages, content, images)
    _findings(pages, content, analysis)
    if model.intended_use or model.limits:
        pages.heading("The model's intended use and limits")
        for sentence in filter(None, (model.intended_use, *(f"Limit: {limit}" for limit in model.limits))):
            pages.text(sentence)
            pages.space(3)


def _key_images(pages: Pages, content: Content, images: Sequence[KeyImage]) -> None:
    of_all = marked(content)
    if not of_all:
        return
    pages.keep_together(SLICE_HEIGHT + 130 if images and images[0].slice else 60)
    pages.heading("Key images")
    pages.text(KEY_IMAGES, SMALL)
    if len(images) < len(of_all):
        pages.text(f"Shown are the {len(images)} most probable of {len(of_all)} marked findings; all are listed below.")
    for image in images:
        pages.space(6)
        pages.keep_together(SLICE_HEIGHT + 60 if image.slice else 50)
        finding = image.finding
        pages.text(
            f"Finding {image.number}: {finding.label}, {finding.per_cent:.1f} %, image {finding.frame_index + 1}, "
            f"diameter {wording.size(content.stack, finding)}",
            STRONG,
        )
        _picture(pages, image)


def _picture(pages: Pages, image: KeyImage) -> None:
    if image.slice is None:
        pages.text(image.reason or "")
        return
    shown = [(image.slice, image.mark, image.edges or ())]
    if image.enlarged is not None:
        shown.append((image.enlarged, None, ()))
    pages.pictures(shown, SLICE_HEIGHT)
    captions = []
    if image.window is not None:
        captions.append(f"Window {image.window.name or ''} {image.window.center:.0f}/{image.window.width:.0f}.")
    if image.mark is None:
        captions.append("The model gave no outline.")
    if image.enlarged is not None:
        captions.append("Right: the same place enlarged, without the outline.")
    pages.text(" ".join(" ".join(captions).split()), SMALL)
    rules = "; ".join(f"{each.rule} {each.version}: {each.category}" for each in image.finding.categories)
    if rules:
        pages.text(f"Size categories, on the assumptions below: {rules}", SMALL)


def _findings(pages: Pages, content: Content, analysis: Analysis) -> None:
    if not analysis.findings:
        return
    pages.heading(f"Findings ({len(analysis.findings)})")

    def head() -> None:
        pages.row([Cell(title, width, Style(8.0, bold=True)) for title, width in COLUMNS])
        pages.rule()

    head()
    for number, finding in enumerate(analysis.findings, start=1):
        values = _values(content, number, finding)
        pages.row(
            [Cell(value, width, Style(8.0)) for value, (_, width) in zip(values, COLUMNS, strict=True)], again=head
        )
    pages.space(4)
    pages.text("Probability is the model's own. Marked: at or above its operating point.", SMALL)
    _categories(pages, analysis)


def _values(content: Content, number: int, finding: Finding) -> tuple[str, ...]:
    return (
        str(number),
        finding.label,
        f"{finding.per_cent:.1f} %",
        "yes" if finding.is_above_threshold else "no",
        str(finding.frame_index + 1),
        wording.size(content.stack, finding),
        wording.position(finding) or person_names.NOT_KNOWN,
    )


def _categories(pages: Pages, analysis: Analysis) -> None:
    """By rule and category, with the findings in it: what a rule assumes is the same for all of them."""
    grouped: dict[tuple[str, str], list[int]] = {}
    for number, finding in enumerate(analysis.findings, start=1):
        for rule in finding.categories:
            grouped.setdefault((f"{rule.rule} {rule.version}", wording.category(rule)), []).append(number)
    if not grouped:
        return
    pages.heading("Size categories")
    pages.text("What published rules say of the size alone, beside the model's word and not part of it.", SMALL)
    for (name, category), numbers in grouped.items():
        pages.space(3)
        pages.text(f"{name}: {category}", TEXT)
        pages.text(f"{'Finding' if len(numbers) == 1 else 'Findings'} {', '.join(map(str, numbers))}", SMALL)
