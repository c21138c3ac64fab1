"""What is no CT of the chest is not analysed as one, and whoever sent it reads why."""

from pathlib import Path
from typing import Any

import pydicom
import pytest

from api.unit_of_work import House
from tests.api.analyses.runs import analyse, analyse_files, get_case, picture
from tests.deliveries import take_in
from tests.people import SHARED, People
from tests.synthetic_ct import ct_files

pytestmark = SHARED

LOCALIZER: dict[str, Any] = {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (lambda: ct_files(24, Modality="MR", BodyPartExamined="BRAIN"), "MR of the brain"),
        (lambda: {"a.png": picture()}, "picture"),
        (lambda: ct_files(24, **LOCALIZER), "localizer"),
        (lambda: ct_files(3), "3 slices"),
        (lambda: ct_files(24), "no lungs"),
        (lambda: ct_files(12), "covers 30 mm"),
    ],
    ids=["MR", "picture", "localizer", "few slices", "no lungs", "short"],
)
async def test_what_is_no_chest_ct_is_unsuitable_for_a_reason_one_understands(
    house: House, people: People, files: Any, words: str
) -> None:
    ended = await analyse_files(house, people.clinician, files())

    assert (ended.status, ended.stage) == ("UNSUITABLE", "DONE")
    assert ended.failure is not None
    assert words in ended.failure
    assert "lung_nodule reads CT of the chest." in ended.failure
    assert (await get_case(house, ended.case_key)).status == "READY"
    assert (await get_case(house, ended.case_key)).urgency is None


async def test_of_what_pydicom_tests_itself_with_nothing_is_read_as_a_chest(house: House, people: People) -> None:
    """Many modalities and syntaxes, of many patients, a slice or a few of each; some are broken on purpose."""
    folder = Path(pydicom.__file__).parent / "data/test_files"
    files = {file.name: file.read_bytes() for file in sorted(folder.glob("*.dcm"))}

    delivery = await take_in(house, people.clinician, files)
    ended = [await analyse(house, people.clinician, case.key) for case in delivery.cases]

    assert len(ended) > 10
    assert {analysis.status for analysis in ended} == {"UNSUITABLE"}
    assert all("lung_nodule reads CT of the chest." in (analysis.failure or "") for analysis in ended)
