"""Reports as PDF, read back by another library: all of it is there as text, in fonts that the file carries."""

import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from reportlab.pdfbase import pdfmetrics

from api.imaging import htj2k
from api.reports import pdf_document
from api.reports.content import HIDDEN, NOTICE, Content, without_identity
from api.reports.key_images import NOT_THERE, KeyImage, draw, marked
from api.reports.lettering import lines
from tests.api.reports.contents import (
    AWKWARD,
    EDGE,
    MEASURED,
    NO_SPACING,
    REVIEW,
    STACK,
    USUAL,
    called,
    finding,
    frame,
    of_findings,
    pixels,
)

SPOKEN = re.compile(rb"/ActualText <FEFF([0-9A-F]*)>")


def images_of(content: Content, most: int = 12) -> list[KeyImage]:
    codestream = htj2k.encode(pixels())
    return [
        draw(codestream, content.stack or STACK, frame(0), number, found) for number, found in marked(content)[:most]
    ]


def written(content: Content) -> PdfReader:
    return PdfReader(BytesIO(pdf_document.write(content, images_of(content))), strict=True)


def text_of(reader: PdfReader) -> str:
    """All of it, its lines joined."""
    return " ".join(" ".join(page.extract_text().split()) for page in reader.pages)


def spoken(reader: PdfReader) -> str:
    """What lines say besides, where letters stand as their numbers."""
    found = [each for page in reader.pages for each in SPOKEN.findall(page.get_contents().get_data())]  # type: ignore[union-attr]
    return "\n".join(bytes.fromhex(each.decode()).decode("utf-16-be") for each in found)


def fonts(reader: PdfReader) -> Iterator[Any]:
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            yield font.get_object()


@pytest.mark.parametrize("content", AWKWARD.values(), ids=AWKWARD)
def test_every_page_says_what_it_is_and_every_font_is_in_the_file(content: Content) -> None:
    reader = written(content)

    pages = [" ".join(page.extract_text().split()) for page in reader.pages]
    assert all(page.count(NOTICE) >= 2 for page in pages)
    assert [f"Page {number} of {len(pages)}" in page for number, page in enumerate(pages, 1)] == [True] * len(pages)
    assert all("/FontFile2" in font["/FontDescriptor"] for font in fonts(reader))
    assert all("/ToUnicode" in font for font in fonts(reader))


def test_a_report_of_an_analysis_says_all_that_is_known() -> None:
    said = text_of(written(USUAL))

    for part in (
        *("Doe, Dr Jane Mary", "MRN-4711", "St Elsewhere", "1960-02-03", "ACC-77", "2026-11-02", "CT chest"),
        *("Lung nodules on CT of the chest (lung_nodule), version 1", "For research.", "Ground glass is missed."),
        *("87.7 %", "61.2 %", "20.5 %", "91.3 %", "8.4 mm", "15.0 mm", "4.3 mm", "-31.5 12.0 100.2"),
        *("Slices are 5 mm apart.", "Slices 41 to 43 are missing.", "0.7 × 0.7 mm"),
        *("Lung-RADS v2022: 4A, if solid", "Lung-RADS v2022: 4B", "Fleischner Society 2017: 6 to 8 mm"),
        *("A nodule of 8 mm in the right upper lobe.", "CT in 6 months", "PRIORITY", "Dr Ana López", "All is well."),
        *("2026-11-03 09:30 UTC", "Window Lung -600/1500."),
    ):
        assert part in said, part


def test_a_document_has_a_title_a_language_and_nobody_in_what_describes_it() -> None:
    reader = written(AWKWARD["of a review"])

    described = str(reader.metadata)
    assert reader.metadata is not None
    assert reader.metadata.title == "Report of a signed review"
    assert str(reader.trailer["/Root"]["/Lang"]) == "en"  # type: ignore[index]
    assert "Doe" not in described
    assert "MRN" not in described


def test_the_same_content_is_the_same_file() -> None:
    first, second = (pdf_document.write(USUAL, images_of(USUAL)) for _ in range(2))

    assert first == second


def test_without_identity_there_is_nobody_in_it() -> None:
    said = text_of(written(without_identity(USUAL)))

    assert HIDDEN in said
    for secret in ("Doe", "MRN-4711", "St Elsewhere", "ACC-77", "CT chest", "2026-11-02"):
        assert secret not in said


def test_a_signed_review_comes_before_what_the_model_says() -> None:
    said = text_of(written(AWKWARD["of a review"]))

    assert said.index("Signed review") < said.index("What the model says")


def test_without_spacing_sizes_are_in_pixels_and_it_says_so() -> None:
    said = text_of(written(AWKWARD["no spacing"]))

    assert "no pixel spacing: 8 × 6 pixels" in said
    assert "No pixel spacing: sizes are in pixels alone." in said
    assert not re.search(r"\d mm", said.replace("Slices are 5 mm apart", "").replace("A nodule of 8 mm", ""))


@pytest.mark.parametrize("status", ["failed", "unsuitable", "cancelled"])
def test_an_analysis_that_came_to_nothing_says_why(status: str) -> None:
    said = text_of(written(AWKWARD[status]))

    assert "No lungs are seen." in said
    assert "No findings." not in said


def test_no_findings_are_said_to_be_none() -> None:
    assert "No findings." in text_of(written(AWKWARD["no findings"]))


def test_four_hundred_findings_are_all_listed_and_a_few_are_shown() -> None:
    content = of_findings(*MEASURED)

    said = text_of(written(content))

    assert "Shown are the 12 most probable of 400 marked findings" in said
    for number, each in enumerate(MEASURED, start=1):
        assert f"{number} nodule {each.per_cent:.1f} % yes {each.frame_index + 1} {each.diameter:.1f} mm" in said


def test_an_image_that_cannot_be_read_is_named_instead_of_shown() -> None:
    lost = [KeyImage(found, number, reason=NOT_THERE) for number, found in marked(USUAL)]

    reader = PdfReader(BytesIO(pdf_document.write(USUAL, lost)))

    assert text_of(reader).count(NOT_THERE) == 2
    assert sum(len(page.images) for page in reader.pages) == 0


def test_key_images_are_of_the_marked_findings_in_the_lung_window_with_the_lesion_left_as_it_is() -> None:
    reader = written(of_findings(finding(1, 0.9, diameter_mm=8.0), finding(2, 0.3)))

    slice_, enlarged = sorted(
        (image.image for page in reader.pages for image in page.images if image.image), key=lambda one: one.size
    )
    assert slice_.size == (EDGE, EDGE)
    assert slice_.convert("L").getpixel((5, 5)) == round((200 - 1024 + 600.5 - 0.5 + 749.5 + 0.0) / 1499 * 255)
    assert slice_.convert("L").getpixel((24, 27)) == round((1060 - 1024 + 600 + 749.5) / 1499 * 255)
    assert enlarged.size[0] == 512


def test_a_mark_stands_outside_of_the_box() -> None:
    (image,) = images_of(of_findings(finding(1)))

    assert image.mark is not None
    left, top, width, height = (part * EDGE for part in image.mark)
    assert (left, top) == pytest.approx((17.0, 21.0))
    assert (width, height) == pytest.approx((14.0, 12.0))
    assert image.edges == ("R", "L", "A", "P")


def test_colour_frames_are_shown_in_colour() -> None:
    colour = replace(STACK, photometric="RGB", modality="OT")
    values = pixels().astype("uint8")[:, :, None].repeat(3, axis=2)
    values[:, :, 0] = 250

    image = draw(htj2k.encode(values), colour, frame(0), 1, finding(1))

    assert image.slice is not None
    assert image.slice.pixels[0, 0].tolist() == [250, 200, 200]
    assert image.window is None


@pytest.mark.parametrize(
    "box", [(-9.0, -9.0, 5.0, 5.0), (500.0, 20.0, 8.0, 8.0), (0.0, 0.0, 64.0, 64.0), (5.0, 5.0, 0.0, 0.0)]
)
def test_a_mark_stays_within_its_picture(box: tuple[float, float, float, float]) -> None:
    content = of_findings(finding(1, box=box))

    (image,) = images_of(content)

    assert image.mark is not None
    assert min(image.mark) >= 0
    assert text_of(PdfReader(BytesIO(pdf_document.write(content, [image]))))


def test_a_codestream_of_another_matrix_is_refused() -> None:
    with pytest.raises(ValueError, match="another matrix"):
        draw(htj2k.encode(pixels()[:32]), STACK, frame(0), 1, finding(1))


NAMES = {
    "Greek": "Παπαδοπούλου, Ελένη",
    "Cyrillic": "Щербакова, Юлия Ёжиковна",
    "Chinese": "王, 小东",
    "Japanese": "山田, 太郎 / やまだ, たろう",
    "Korean": "홍, 길동",
}


@pytest.mark.parametrize(("script", "name"), NAMES.items())
def test_names_in_other_scripts_are_there(script: str, name: str) -> None:
    assert name in text_of(written(AWKWARD[script]))


@pytest.mark.parametrize(("script", "words"), [("Hebrew", ["כהן", "ד״ר", "שרה"]), ("Arabic", ["عبد", "الله", "محمد"])])
def test_names_that_go_to_the_left_are_there_letter_for_letter(script: str, words: list[str]) -> None:
    said = normalize("NFKC", text_of(written(AWKWARD[script])))

    # Glyphs lie in the order in which they are seen; this reader turns some words around, others not.
    assert [word for word in words if word not in said and word[::-1] not in said] == []


def test_a_line_with_letters_that_no_font_has_can_still_be_copied() -> None:
    assert "ใจดี, สมหญิง" in " ".join(spoken(written(AWKWARD["Thai"])).split())


def test_letters_that_no_font_has_stand_as_their_numbers() -> None:
    said = text_of(written(AWKWARD["Thai"]))

    assert "[U+0E43][U+0E08][U+0E14][U+0E35], [U+0E2A]" in said
    assert pdf_document.NUMBERS in said
    assert pdf_document.NUMBERS not in text_of(written(USUAL))


@given(st.text(max_size=200))
def test_no_letter_is_ever_drawn_as_an_empty_box(text: str) -> None:
    for found in lines(text, 200, 9):
        for piece in found.pieces:
            known: Any = pdfmetrics.getFont(piece.font)
            assert all(ord(letter) in known.face.charToGlyph for letter in piece.text)


@given(st.text(max_size=300), st.integers(30, 400))
def test_no_line_is_wider_than_its_place_and_no_word_is_lost(text: str, width: int) -> None:
    found = list(lines(text, width, 9))

    assert all(
        line.width * 9 <= width + 1e-6 or len("".join(piece.text for piece in line.pieces)) <= 12 for line in found
    )


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=64), st.text(max_size=2000))
def test_any_name_and_any_words_make_a_report(name: str, words: str) -> None:
    content = replace(called(name), review=replace(REVIEW, impression=words))

    reader = PdfReader(BytesIO(pdf_document.write(content, [])), strict=True)

    assert NOTICE in text_of(reader)


def test_spacing_that_is_known_in_one_direction_alone_is_none() -> None:
    content = replace(of_findings(finding(1)), stack=replace(NO_SPACING, row_spacing=0.7))

    assert "No pixel spacing" in text_of(written(content))
