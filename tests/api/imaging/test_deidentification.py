"""What Table E.1-1 of PS3.15 lists does not survive, wherever it stands; what makes an image one does."""

import io
from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pytest
from pydicom import config, dcmread
from pydicom.datadict import dictionary_VM, dictionary_VR, keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag

from api.imaging.deidentification import CannotDeidentify, Option, Pseudonyms, deidentify, deidentify_file
from api.imaging.deidentification.attribute_actions import Code, code_of, listed_tags
from tests.api.imaging.dicom_writer import as_file, ct_data_set

MARK = "HEISENBERG"
MARKED_UID = "1.2.826.0.1.999.77"
SAMPLES: dict[str, object] = {
    "AE": MARK, "AS": "077Y", "CS": MARK, "DA": "20170717", "DS": "7177.17", "DT": "20170717171717", "IS": "71771",
    "LO": MARK, "LT": MARK, "PN": f"{MARK}^WERNER", "SH": MARK, "ST": MARK, "TM": "171717", "UC": MARK,
    "UI": MARKED_UID, "UR": f"http://{MARK}.example", "UT": MARK, "AT": 0x00100010, "FD": 7177.5, "FL": 7177.5,
    "SL": 7177, "SS": 7177, "UL": 7177, "US": 7177, "OB": MARK.encode(), "OW": MARK.encode(), "OF": b"\x17" * 8,
    "OD": b"\x17" * 8, "OL": b"\x17" * 8, "UN": MARK.encode(), "SV": 7177, "UV": 7177, "OV": b"\x17" * 8,
}  # fmt: skip
# What says that it was de-identified, and the stand-ins, are there afterwards; the mark is not.
REWRITTEN = {Tag("PatientName"), Tag("PatientID"), Tag("DeidentificationMethod")}


@pytest.fixture(autouse=True)
def odd_values() -> Iterator[None]:
    with config.disable_value_validation():
        yield


def sample(tag: BaseTag) -> DataElement:
    vr = dictionary_VR(tag).split(" or ")[0]
    if vr == "SQ":
        item = Dataset()
        item.PatientName, item.ReferencedSOPInstanceUID, item.CodeMeaning = f"{MARK}^INNER", MARKED_UID, "kept"
        return DataElement(tag, "SQ", Sequence([item]))
    return DataElement(tag, vr, SAMPLES[vr])


def with_everything() -> Dataset:
    """A CT that holds every attribute of the table, at the top and again within an item."""
    data_set = ct_data_set(1, position=(0, 0, 0))
    inner = Dataset()
    for tag in listed_tags():
        if tag.group > 0x0002 and tag.group != 0xFFFC and keyword_for_tag(tag):
            data_set[tag] = sample(tag)
            inner[tag] = sample(tag)
    data_set.SOPInstanceUID, data_set.Modality, data_set.BurnedInAnnotation = MARKED_UID, "CT", "NO"
    data_set[0x00189999] = DataElement(0x00189999, "LO", MARK)  # no dictionary knows it
    data_set.private_block(0x0019, MARK, create=True).add_new(1, "LO", MARK)
    inner.private_block(0x0019, MARK, create=True).add_new(1, "LO", MARK)
    data_set[0x60000022] = DataElement(0x60000022, "LO", MARK)
    data_set[0x60003000] = DataElement(0x60003000, "OW", MARK.encode())
    data_set[0x60004000] = DataElement(0x60004000, "LT", MARK)
    data_set[0x50000005] = DataElement(0x50000005, "US", 7177)
    data_set.SharedFunctionalGroupsSequence = Sequence([inner])  # not in the table: it stays, and is walked
    return data_set


def cleaned(data_set: Dataset, *options: Option, pseudonyms: Pseudonyms | None = None) -> Dataset:
    written = deidentify_file(io.BytesIO(as_file(data_set)), pseudonyms or Pseudonyms(), frozenset(options))
    return dcmread(io.BytesIO(written))


EVERYTHING = with_everything()
LISTED = [tag for tag in listed_tags() if tag in EVERYTHING and tag not in REWRITTEN]


@pytest.fixture(scope="module")
def everything() -> tuple[Dataset, Dataset]:
    """(before, after)"""
    with config.disable_value_validation():
        return with_everything(), cleaned(with_everything())


def test_nearly_the_whole_table_is_walked() -> None:
    assert len(listed_tags()) > 640
    assert len(LISTED) > 600


@pytest.mark.parametrize("tag", LISTED, ids=lambda tag: keyword_for_tag(tag) or str(tag))
def test_an_attribute_of_the_table_keeps_no_value(tag: BaseTag, everything: tuple[Dataset, Dataset]) -> None:
    before, after = everything

    for old, new in (
        (before, after),
        (before.SharedFunctionalGroupsSequence[0], after.SharedFunctionalGroupsSequence[0]),
    ):
        if code_of(tag) is Code.REMOVE:
            assert tag not in new
        elif code_of(tag) is Code.EMPTY:
            assert new[tag].is_empty
        elif dictionary_VR(tag) == "SQ":
            assert MARK not in str(new[tag])
            assert MARKED_UID not in str(new[tag])
        else:
            assert tag in new, "a type 1 attribute stays"
            assert new[tag].value != old[tag].value
            assert not new[tag].is_empty


def test_nothing_of_the_marks_is_left_in_the_bytes(everything: tuple[Dataset, Dataset]) -> None:
    source = as_file(with_everything())

    written = deidentify_file(io.BytesIO(source), Pseudonyms())

    for mark in (MARK.encode(), MARKED_UID.encode(), b"20170717", b"7177.17", b"71771", b"077Y"):
        assert mark in source
        assert mark not in written


def test_private_unknown_and_overlay_attributes_go(everything: tuple[Dataset, Dataset]) -> None:
    _, after = everything

    assert not [element for element in after.iterall() if element.tag.is_private]
    assert 0x00189999 not in after
    assert not [
        element.tag for element in after if element.tag.group in (0x5000, 0x6000) and element.tag.element > 0x2F
    ]


def test_the_image_and_its_geometry_stay() -> None:
    source = ct_data_set(3, position=(1.5, -2.0, 30.0))

    after = cleaned(source)

    assert after.PixelData == source.PixelData
    for keyword in ("ImagePositionPatient", "PixelSpacing", "RescaleIntercept", "Rows", "Modality", "SOPClassUID"):
        assert after[keyword].value == source[keyword].value
    assert np.array_equal(after.pixel_array, dcmread(io.BytesIO(as_file(source))).pixel_array)


def test_it_says_that_and_how_it_was_deidentified() -> None:
    after = cleaned(ct_data_set(1))

    (code,) = after.DeidentificationMethodCodeSequence
    assert after.PatientIdentityRemoved == "YES"
    assert (code.CodeValue, code.CodingSchemeDesignator) == ("113100", "DCM")
    assert "PS3.15" in after.DeidentificationMethod
    assert after.LongitudinalTemporalInformationModified == "REMOVED"
    assert "BurnedInAnnotation" not in after, "nobody looked at the pixels"


def test_uids_are_replaced_alike_across_a_set_and_in_references() -> None:
    pseudonyms = Pseudonyms()
    first, second = ct_data_set(1), ct_data_set(2)
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = first.SOPClassUID, first.SOPInstanceUID
    second.ReferencedImageSequence = Sequence([reference])

    one, two = cleaned(first, pseudonyms=pseudonyms), cleaned(second, pseudonyms=pseudonyms)

    assert one.StudyInstanceUID == two.StudyInstanceUID != first.StudyInstanceUID
    assert one.SeriesInstanceUID == two.SeriesInstanceUID
    assert one.FrameOfReferenceUID == two.FrameOfReferenceUID
    assert (
        two.ReferencedImageSequence[0].ReferencedSOPInstanceUID == one.SOPInstanceUID == one.file_meta[0x00020003].value
    )
    assert two.ReferencedImageSequence[0].ReferencedSOPClassUID == first.SOPClassUID
    assert one.SOPInstanceUID != two.SOPInstanceUID
    assert all(uid.is_valid for uid in (one.StudyInstanceUID, one.SOPInstanceUID))


def test_two_sets_cannot_be_told_to_be_of_one_patient() -> None:
    one, two = cleaned(ct_data_set(1)), cleaned(ct_data_set(1))

    assert one.PatientID != two.PatientID
    assert one.StudyInstanceUID != two.StudyInstanceUID


def test_the_same_key_makes_the_same_stand_ins() -> None:
    key = b"k" * 32

    assert Pseudonyms(key).uid("1.2.3") == Pseudonyms(key).uid("1.2.3")
    assert Pseudonyms(key).patient("P1") == Pseudonyms(key).patient("P1") != Pseudonyms(key).patient("P2")


def test_preamble_and_file_meta_are_written_anew() -> None:
    source = bytearray(as_file(ct_data_set(1)))
    source[: len(MARK)] = MARK.encode()

    written = deidentify_file(io.BytesIO(bytes(source)), Pseudonyms())

    assert written[:128] == b"\0" * 128
    assert "SourceApplicationEntityTitle" not in dcmread(io.BytesIO(written)).file_meta


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"BurnedInAnnotation": "YES"}, "burned into the pixels"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "copy of a screen"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.2"}, "copy of a screen"),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "made from a screen"),
        ({"Modality": "US"}, "modality US"),
        ({"Modality": None}, "modality unknown"),
        ({"OverlayRows": 8}, "overlay is hidden"),
        ({"PixelData": None}, "no image"),
    ],
)
def test_an_image_whose_pixels_may_show_text_is_refused(attributes: dict[str, object], words: str) -> None:
    data_set = ct_data_set(1)
    for keyword, value in attributes.items():
        if keyword == "OverlayRows":
            data_set[0x60000010] = DataElement(0x60000010, "US", value)
        elif value is None:
            delattr(data_set, keyword)
        else:
            setattr(data_set, keyword, value)

    with pytest.raises(CannotDeidentify, match=words):
        deidentify(data_set, Pseudonyms())


def test_an_ultrasound_whose_header_says_that_it_is_clean_is_taken() -> None:
    data_set = ct_data_set(1, Modality="US", BurnedInAnnotation="NO")

    assert cleaned(data_set).BurnedInAnnotation == "NO"


@pytest.mark.parametrize("content", [b"", b"no DICOM at all", as_file(ct_data_set(1))[:200], b"\0" * 128 + b"DICM"])
def test_what_cannot_be_read_is_refused_without_quoting_it(content: bytes) -> None:
    with pytest.raises(CannotDeidentify) as refused:
        deidentify_file(io.BytesIO(content), Pseudonyms())

    assert "Doe" not in str(refused.value)


def test_items_nested_without_end_are_refused() -> None:
    data_set = ct_data_set(1)
    inner = data_set
    for _ in range(30):
        item = Dataset()
        inner.SharedFunctionalGroupsSequence = Sequence([item])
        inner = item

    with pytest.raises(CannotDeidentify, match="nested"):
        deidentify(data_set, Pseudonyms())


def test_patient_characteristics_stay_where_the_option_is_chosen() -> None:
    data_set = ct_data_set(1, PatientSex="F", PatientAge="061Y", PatientBirthDate="19650317", SmokingStatus="YES")

    after = cleaned(data_set, Option.PATIENT_CHARACTERISTICS)

    assert (after.PatientSex, after.PatientAge, after.SmokingStatus) == ("F", "061Y", "YES")
    assert after.PatientBirthDate == ""
    assert [code.CodeValue for code in after.DeidentificationMethodCodeSequence] == ["113100", "113108"]


def test_dates_move_together_where_the_option_is_chosen() -> None:
    data_set = ct_data_set(
        1,
        StudyDate="20260301",
        SeriesDate="20260303",
        AcquisitionDateTime="20260303101112.5+0100",
        PatientBirthDate="19650317",
    )

    after = cleaned(data_set, Option.MODIFIED_DATES)

    study, series = (date.fromisoformat(str(value)) for value in (after.StudyDate, after.SeriesDate))
    assert series - study == timedelta(days=2)
    assert study < date(2026, 3, 1)
    assert after.AcquisitionDateTime == f"{series:%Y%m%d}101112.5"
    assert after.PatientBirthDate == ""
    assert after.LongitudinalTemporalInformationModified == "MODIFIED"


def test_the_table_gives_a_code_for_repeating_groups() -> None:
    assert code_of(Tag(0x60023000)) is Code.REMOVE
    assert code_of(Tag("Rows")) is None
    assert dictionary_VM(Tag("PatientName")) == "1"
