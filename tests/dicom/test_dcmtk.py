"""DICOM SR as dcmtk reads it: without complaint, and with all that it says."""

import re
import subprocess
from pathlib import Path

import pytest

import api.reports.wording as wording
from api.reports import NOTICE, sr_document
from api.reports.content import Content
from tests.api.reports.contents import AWKWARD, USUAL
from tests.api.reports.headers import header_of_rows

pytestmark = pytest.mark.dicom


def dumped(dsrdump: str, content: Content, folder: Path) -> str:
    """What dsrdump prints; it complains of nothing."""
    path = folder / "report.dcm"
    path.write_bytes(sr_document.write(content, header_of_rows(content)))
    ran = subprocess.run([dsrdump, "+Pl", "+Pu", "+Pt", str(path)], capture_output=True, check=False)
    # Debian's dcmtk checks no values in UTF-8, and says that it does not.
    complaints = [line for line in ran.stderr.decode().splitlines() if "VR checker does not support" not in line]
    assert (ran.returncode, complaints) == (0, [])
    return ran.stdout.decode()


@pytest.mark.parametrize("content", AWKWARD.values(), ids=AWKWARD)
def test_dcmtk_reads_every_report(dsrdump: str, tmp_path: Path, content: Content) -> None:
    said = dumped(dsrdump, content, tmp_path)

    assert "Comprehensive 3D SR Document" in said
    assert "1500" in said
    assert NOTICE in said
    findings = content.analysis.findings if content.analysis else ()
    assert re.findall(r'"Certainty of Finding"\)="([0-9.]+)"', said) == [f"{each.per_cent}" for each in findings]
    measured = [f"{each.diameter}" for each in findings if each.diameter is not None]
    assert re.findall(r'"Diameter"\)="([0-9.]+)" \(mm,UCUM,"millimeter"\)', said) == measured


def test_dcmtk_finds_the_source_of_each_finding(dsrdump: str, tmp_path: Path) -> None:
    said = dumped(dsrdump, USUAL, tmp_path)

    assert USUAL.analysis is not None
    assert USUAL.stack is not None
    for finding in USUAL.analysis.findings:
        assert USUAL.stack.frames[finding.frame_index].sop_instance_uid in said
        for rule in finding.categories:
            assert wording.category(rule) in said
