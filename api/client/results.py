"""What the main job came to: values, read from the server's answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True)
class Finding:
    """position: LPS mm. frame: from 0, of frames."""

    label: str
    probability: float
    above_threshold: bool
    diameter_mm: float | None
    position: tuple[float, float, float] | None
    frame: int | None
    frames: int | None


@dataclass(frozen=True)
class CaseResult:
    """status: of the newest analysis, None where there is none. model: name and version."""

    case_id: str
    title: str
    status: str | None
    failure: str | None
    model: str | None
    findings: Sequence[Finding]
    warnings: Sequence[str]


@dataclass(frozen=True)
class Rejection:
    path: str
    code: str
    message: str


@dataclass(frozen=True)
class MainJobResult:
    """accepted, duplicates: instances."""

    upload_id: str
    accepted: int
    duplicates: int
    cases: Sequence[CaseResult]
    rejections: Sequence[Rejection]

    @property
    def succeeded(self) -> bool:
        return bool(self.cases) and all(case.status == "SUCCEEDED" for case in self.cases)


def case_address(url: str, case_id: str) -> str:
    """Where the PWA shows the case: behind the #, which no server's log sees."""
    return f"{url.rstrip('/')}/#/cases/{quote(case_id, safe='')}"


def read_case(case: dict[str, Any]) -> CaseResult:
    """case: as the document CASE_RESULT selects it."""
    analysis = case["latestAnalysis"]
    series = [series for study in case["studies"] for series in study["series"]]
    warnings = [warning for one in series for warning in one["warnings"]]
    warnings += [warning for one in series for stack in one["stacks"] for warning in stack["warnings"]]
    warnings += analysis["warnings"] if analysis else []
    return CaseResult(
        case_id=case["id"],
        title=case["title"],
        status=analysis["status"] if analysis else None,
        failure=analysis["failure"] if analysis else None,
        model=f"{analysis['model']['title']} ({analysis['model']['name']} {analysis['model']['version']})"
        if analysis
        else None,
        findings=[_finding(finding) for finding in analysis["findings"]] if analysis else [],
        warnings=list(dict.fromkeys(warning["message"] for warning in warnings)),
    )


def _finding(finding: dict[str, Any]) -> Finding:
    position, anchor = finding["position"], finding["anchor"]
    return Finding(
        label=finding["label"],
        probability=finding["probability"],
        above_threshold=finding["aboveThreshold"],
        diameter_mm=finding["diameterMm"],
        position=(position["x"], position["y"], position["z"]) if position else None,
        frame=anchor["frameIndex"] if anchor else None,
        frames=anchor["stack"]["frameCount"] if anchor else None,
    )
