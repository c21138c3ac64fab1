"""Pages of a PDF: text, rows and pictures one below the other, A4, with a head and a foot on every page.

Laid out first and drawn afterwards, so that each page can say how many there are. Not for: what a report says
(`pdf_document`), letters (`lettering`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from api.reports.key_images import Picture, Place
from api.reports.lettering import BOLD, PLAIN, Line, Piece, line, lines, open_fonts

WIDTH, HEIGHT = A4
LEFT, TOP, BOTTOM = 51.0, HEIGHT - 74.0, 62.0  # points
ROOM = WIDTH - 2 * LEFT
LEADING = 1.4  # of the size: DejaVu's letters are tall
GUTTER = 8.0
BLACK, GREY, FAINT, WARNING = (0.0, 0.0, 0.0), (0.33, 0.33, 0.33), (0.75, 0.75, 0.75), (0.6, 0.1, 0.1)
MARK = (1.0, 0.85, 0.0)
WHITE = (1.0, 1.0, 1.0)

Colour = tuple[float, float, float]
Draw = Callable[[Canvas], None]


@dataclass(frozen=True)
class Style:
    size: float = 9.0
    bold: bool = False
    colour: Colour = BLACK

    @property
    def leading(self) -> float:
        return self.size * LEADING


TEXT, STRONG, LABEL, SMALL = Style(), Style(bold=True), Style(colour=GREY), Style(8.0, colour=GREY)


@dataclass(frozen=True)
class Cell:
    """is_paragraph: text that begins at the right does so; beside others it stands where its column begins."""

    text: str
    width: float
    style: Style = TEXT
    is_paragraph: bool = False


@dataclass
class Pages:
    """head, notice: at the top of each page, the notice at its foot too."""

    head: str
    notice: str
    has_numbers: bool = False  # whether letters that no font has stand as their numbers
    _pages: list[list[Draw]] = field(default_factory=lambda: [[]])
    _y: float = TOP

    def text(self, text: str, style: Style = TEXT) -> None:
        self.row([Cell(text, ROOM, style, is_paragraph=True)], keep=False)

    def heading(self, text: str) -> None:
        """With room for some lines of what it is the heading of."""
        self.space(10)
        self._need(60)
        self.row([Cell(text, ROOM, Style(12.0, bold=True))])
        self.rule()

    def space(self, points: float) -> None:
        if self._y < TOP:
            self._y -= points

    def rule(self) -> None:
        y = self._y + 1
        self._add(lambda canvas: _rule(canvas, y))
        self.space(4)

    def row(self, cells: Sequence[Cell], keep: bool = True, again: Callable[[], None] | None = None) -> None:
        """Cells side by side, as high as their text; a row longer than a page goes on at the next.

        keep: not broken where a page holds it. again: draws what heads the columns, after a page has ended.
        """
        broken = [list(lines(cell.text, cell.width - GUTTER, cell.style.size, cell.style.bold)) for cell in cells]
        self.has_numbers |= any(found.has_numbers for some in broken for found in some)
        leading, count = max(cell.style.leading for cell in cells), max(map(len, broken))
        if keep and count * leading < TOP - BOTTOM:
            self._need(count * leading, again)
        for i in range(count):
            self._need(leading, again)
            left, y = LEFT, self._y - leading + 0.3 * leading
            for cell, found in zip(cells, broken, strict=True):
                if i < len(found):
                    self._add(_words(found[i], left, y, cell))
                left += cell.width
            self._y -= leading

    def pictures(self, pictures: Sequence[tuple[Picture, Place | None, Sequence[str]]], height: float) -> None:
        """Side by side, as high as this and none wider than its share. Of each: its mark, and letters at its edges."""
        self._need(height + 6)
        share = ROOM / len(pictures)
        for i, (picture, mark, edges) in enumerate(pictures):
            high = min(height, (share - GUTTER) / picture.aspect)
            left, bottom = LEFT + i * share, self._y - high
            self._add(_picture(picture, mark, edges, (left, bottom, high * picture.aspect, high)))
        self._y -= height + 6

    def keep_together(self, height: float) -> None:
        self._need(height)

    def write(self, title: str, language: str) -> bytes:
        """The same pages are the same bytes."""
        open_fonts()
        target = BytesIO()
        font: Any = PLAIN  # the library's stubs take it for a number
        canvas = Canvas(target, pagesize=A4, invariant=1, pageCompression=1, lang=language, initialFontName=font)
        canvas.setTitle(title)
        canvas.setAuthor("Hilum")
        canvas.setCreator("Hilum")
        canvas.setSubject(self.notice)
        canvas.setViewerPreference("DisplayDocTitle", "true")
        for number, drawn in enumerate(self._pages, start=1):
            self._frame(canvas, number)
            for draw in drawn:
                draw(canvas)
            canvas.showPage()
        canvas.save()
        return target.getvalue()

    def _frame(self, canvas: Canvas, number: int) -> None:
        head, *more = lines(self.head, ROOM - 12, SMALL.size)
        if more:
            head = replace(head, pieces=(*head.pieces, Piece(PLAIN, " …")))
        _words(head, LEFT, HEIGHT - 40, Cell("", ROOM, SMALL))(canvas)
        _words(line(self.notice, bold=True), LEFT, HEIGHT - 54, Cell("", ROOM, Style(9, True, WARNING)))(canvas)
        _rule(canvas, HEIGHT - 60)
        _rule(canvas, BOTTOM - 12)
        _words(line(self.notice), LEFT, BOTTOM - 24, Cell("", ROOM, SMALL))(canvas)
        page = line(f"Page {number} of {len(self._pages)}")
        _words(page, LEFT + ROOM - page.width * SMALL.size, BOTTOM - 24, Cell("", ROOM, SMALL))(canvas)

    def _add(self, draw: Draw) -> None:
        self._pages[-1].append(draw)

    def _need(self, height: float, again: Callable[[], None] | None = None) -> None:
        if self._y - height < BOTTOM and self._y < TOP:
            self._pages.append([])
            self._y = TOP
            if again is not None:
                again()


def _rule(canvas: Canvas, y: float) -> None:
    canvas.setStrokeColorRGB(*FAINT)
    canvas.setLineWidth(0.6)
    canvas.line(LEFT, y, LEFT + ROOM, y)


def _words(found: Line, left: float, y: float, cell: Cell) -> Draw:
    """A line at its place, with the text that it says where a reader could not tell."""

    def draw(canvas: Canvas) -> None:
        size = cell.style.size
        x = left + (cell.width - GUTTER - found.width * size if found.from_right and cell.is_paragraph else 0)
        if found.said is not None:
            said = "FEFF" + found.said.encode("utf-16-be", "replace").hex().upper()
            canvas.addLiteral(f"/Span <</ActualText <{said}>>> BDC")
        text = canvas.beginText(x, y)
        text.setFillColorRGB(*cell.style.colour)
        for piece in found.pieces:
            text.setFont(piece.font, size)
            text.textOut(piece.text)
        canvas.drawText(text)
        if found.said is not None:
            canvas.addLiteral("EMC")

    return draw


def _picture(picture: Picture, mark: Place | None, edges: Sequence[str], place: Place) -> Draw:
    """place: left, bottom, width and height, points."""

    def draw(canvas: Canvas) -> None:
        left, bottom, width, height = place
        canvas.drawImage(ImageReader(Image.fromarray(picture.pixels)), left, bottom, width, height)
        if mark is not None:
            x, y = left + mark[0] * width, bottom + (1 - mark[1] - mark[3]) * height
            for thickness, colour in ((2.2, BLACK), (1.0, MARK)):
                canvas.setStrokeColorRGB(*colour)
                canvas.setLineWidth(thickness)
                canvas.rect(x, y, mark[2] * width, mark[3] * height, stroke=1, fill=0)
        middle, centre = bottom + height / 2 - 3, left + width / 2 - 3
        corners = ((left + 3, middle), (left + width - 9, middle), (centre, bottom + height - 10), (centre, bottom + 3))
        for letter, (x, y) in zip(edges, corners, strict=False):
            canvas.setFillColorRGB(*BLACK)
            canvas.rect(x - 1.5, y - 2, 9, 10, stroke=0, fill=1)  # a picture may be white there
            style = Style(8.0, True, WHITE)
            _words(Line((Piece(BOLD, letter),), 1), x, y, Cell("", ROOM, style))(canvas)

    return draw
