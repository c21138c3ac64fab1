"""What the user reads at the end."""

from dataclasses import replace

import pytest
from rich.console import Console

from api.client.display import open_display
from api.client.report import print_report
from api.client.results import CaseResult, Finding, MainJobResult, Rejection, case_address

NODULE = Finding("nodule", 0.9784, True, 11.94, (-76.4, 5.9, 95.04), 104, 133)
WIDEST = Finding("nodule", 0.1234, True, 111.94, (-176.4, -125.9, -1395.04), 1104, 1133)
CASE = CaseResult(
    case_id="Q2FzZTox/+",
    title="PHANTOM chest",
    status="SUCCEEDED",
    failure=None,
    model="Lung nodules (lung_nodule 1)",
    findings=[NODULE, replace(NODULE, above_threshold=False, diameter_mm=None, position=None, frame=None, frames=None)],
    warnings=["Slices 41 to 43 are missing"],
)
RESULT = MainJobResult("u", 133, 0, [CASE], [])


def report(result: MainJobResult) -> str:
    console = Console(width=80, force_terminal=False)
    with console.capture() as captured:
        print_report(console, result, "http://127.0.0.1:8000/")
    return captured.get()


def test_a_finding_is_told_with_all_its_numbers_within_80_columns() -> None:
    text = report(RESULT)

    (first,) = [line for line in text.splitlines() if "0.978" in line and "105 of 133" in line]
    assert first.split() == ["1", "nodule", "0.978", "11.9", "mm", "105", "of", "133", "-76,", "6,", "95", "yes"]
    assert "Above oper-" in text
    assert "…" not in text


def test_the_widest_numbers_are_not_cut() -> None:
    text = report(replace(RESULT, cases=[replace(CASE, findings=[WIDEST] * 20)]))

    assert text.count("nodule        0.123 111.9 mm 1105 of 1133 -176, -126, -1395 yes") == 20
    assert "…" not in text


def test_of_the_improbable_findings_only_the_first_are_listed() -> None:
    findings = [NODULE] * 3 + [replace(NODULE, above_threshold=False)] * 20

    text = report(replace(RESULT, cases=[replace(CASE, findings=findings)]))

    assert text.count("nodule  ") == 8
    assert "15 more, less probable, are in the app." in text


def test_a_finding_without_place_or_size_is_listed_too() -> None:
    (second,) = [line for line in report(RESULT).splitlines() if line.strip().startswith("2 ")]

    assert second.split() == ["2", "nodule", "0.978", "–", "–", "–", "no"]


def test_the_report_names_model_warnings_address_and_that_it_is_no_medical_device() -> None:
    text = report(RESULT)

    assert "Model: Lung nodules (lung_nodule 1)" in text
    assert "Warning: Slices 41 to 43 are missing" in text
    assert "Open: http://127.0.0.1:8000/#/cases/Q2FzZTox%2F%2B" in text
    assert text.rstrip().endswith("Research software, not a medical device.")
    assert RESULT.succeeded


def test_no_findings_are_a_result() -> None:
    result = replace(RESULT, cases=[replace(CASE, findings=[])])

    assert "No findings." in report(result)
    assert result.succeeded


@pytest.mark.parametrize(
    ("status", "failure", "sentence"),
    [
        ("UNSUITABLE", "This is a brain MR.", "Not suitable for this model: This is a brain MR."),
        ("FAILED", None, "The analysis failed."),
        ("CANCELLED", None, "The analysis was cancelled."),
        ("LATER_WORD", None, "LATER_WORD."),
        (None, None, "There is no analysis that this account may see."),
    ],
)
def test_an_analysis_without_success_says_why(status: str | None, failure: str | None, sentence: str) -> None:
    result = replace(RESULT, cases=[replace(CASE, status=status, failure=failure, findings=[])])

    assert sentence in report(result)
    assert not result.succeeded


def test_refusals_are_grouped_by_their_reason() -> None:
    refused = [Rejection(f"{number}.txt", "NOT_AN_IMAGE", "This is no image.") for number in range(5)]
    refused.append(Rejection("broken.dcm", "CORRUPT", "The file is cut off."))

    text = report(replace(RESULT, cases=[], rejections=refused))

    assert "Refused (NOT_AN_IMAGE): This is no image. 0.txt, 1.txt, 2.txt and 2 more" in text
    assert "Refused (CORRUPT): The file is cut off. broken.dcm" in text
    assert "No images were stored" in text


def test_a_title_is_not_read_as_markup() -> None:
    assert "[red]CT[/red]" in report(replace(RESULT, cases=[replace(CASE, title="[red]CT[/red]")]))


def test_the_address_of_a_case_is_the_apps() -> None:
    assert case_address("http://h:1", "abc") == "http://h:1/#/cases/abc"


def test_without_a_terminal_a_stage_says_only_what_is_new() -> None:
    console = Console(width=80, force_terminal=False)

    with console.capture() as captured, open_display(console) as display:
        bar = display.bar("Analysis", 1.0)
        for progress in (0.1, 0.2, 0.3):
            bar.move(progress, "looking for nodules")
        bar.end("succeeded")

    assert captured.get().splitlines() == ["Analysis: looking for nodules", "Analysis: succeeded (0.0 s)"]


def test_on_a_terminal_bars_show_bytes_and_words() -> None:
    console = Console(width=100, force_terminal=True, color_system=None)

    with console.capture() as captured, open_display(console) as display:
        upload, ingest = display.bar("Upload", 2e6, counts_bytes=True), display.bar("Ingest", 1.0)
        upload.move(1e6)
        ingest.move(0.5, "reading and storing")

    text = captured.get()
    assert "1.0 MB of 2.0 MB" in text
    assert "50%" in text
    assert "reading and storing" in text
