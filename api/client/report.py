"""What the main job came to, on paper: findings as a table, warnings, refusals, and where to look."""

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from api.client.results import CaseResult, Finding, MainJobResult, Rejection, case_address

DISCLAIMER = "Research software, not a medical device."
ROWS = 30  # of findings
BELOW = 5  # of those below the operating point, which are mostly none
COLUMNS: Final[Sequence[tuple[str, Literal["left", "right"]]]] = (
    ("No.", "right"),
    ("Finding", "left"),
    ("Probability", "right"),
    ("Diameter", "right"),
    ("Slice", "right"),
    ("Position,\nLPS mm", "right"),
    ("Above oper-\nating point", "left"),
)  # 80 columns in all
EXAMPLES = 3  # files named for each kind of refusal


def print_report(console: Console, result: MainJobResult, url: str) -> None:
    for case in result.cases:
        console.print()
        for line in case_lines(case, url):
            console.print(line, soft_wrap=isinstance(line, Text))
    for line in rejection_lines(result.rejections):
        console.print(Text(line, style="yellow"), soft_wrap=True)
    if not result.cases:
        console.print("No images were stored, so there is no case.")
    console.print(Text(DISCLAIMER, style="bold"))


def case_lines(case: CaseResult, url: str) -> Iterator[RenderableType]:
    yield Text(case.title, style="bold")
    if case.status == "SUCCEEDED":
        shown = shown_findings(case.findings)
        yield findings_table(shown) if shown else Text("No findings.")
        if len(case.findings) > len(shown):
            yield Text(f"{len(case.findings) - len(shown)} more, less probable, are in the app.")
    else:
        yield Text(outcome(case), style="red")
    for warning in case.warnings:
        yield Text(f"Warning: {warning}", style="yellow")
    if case.model is not None:
        yield Text(f"Model: {case.model}")
    yield Text(f"Open: {case_address(url, case.case_id)}")


def outcome(case: CaseResult) -> str:
    """Of a case without findings to show, a sentence."""
    if case.status is None:
        return "There is no analysis that this account may see. The images can be read in the app."
    if case.status == "CANCELLED":
        return "The analysis was cancelled."
    said = {"UNSUITABLE": "Not suitable for this model", "FAILED": "The analysis failed"}.get(case.status, case.status)
    return f"{said}: {case.failure}" if case.failure else f"{said}."


def shown_findings(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Most probable first, as the server gives them."""
    above = sum(finding.above_threshold for finding in findings)
    return findings[: min(ROWS, above + BELOW)]


def findings_table(findings: Sequence[Finding]) -> Table:
    """Slices are counted from 1, as on a workstation."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 0))
    for name, justify in COLUMNS:
        table.add_column(name, justify=justify, no_wrap=True)
    for number, finding in enumerate(findings, start=1):
        table.add_row(
            str(number),
            finding.label.replace("_", " "),
            f"{finding.probability:.3f}",
            f"{finding.diameter_mm:.1f} mm" if finding.diameter_mm is not None else "–",
            f"{finding.frame + 1} of {finding.frames}" if finding.frame is not None else "–",
            ", ".join(f"{value:.0f}" for value in finding.position) if finding.position else "–",
            "yes" if finding.above_threshold else "no",
            style="" if finding.above_threshold else "dim",
        )
    return table


def rejection_lines(rejections: Sequence[Rejection]) -> Iterator[str]:
    """One line for each reason, with how many files it met and the first of their names."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for rejection in rejections:
        kinds.setdefault((rejection.code, rejection.message), []).append(rejection.path)
    for (code, message), paths in kinds.items():
        named = ", ".join(paths[:EXAMPLES]) + (f" and {len(paths) - EXAMPLES} more" if len(paths) > EXAMPLES else "")
        yield f"Refused ({code}): {message} {named}"
