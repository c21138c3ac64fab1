"""How the frames of an instance lie in its file: what `pixels.iter_frames` needs to find and decode them."""

from dataclasses import dataclass

from api.imaging.transfer_syntaxes import TransferSyntax


@dataclass(frozen=True, slots=True)
class Palette:
    """A colour table of PALETTE COLOR (PS3.3 C.7.6.3.1.5), reduced to 8 bits an entry.

    first: the stored value that the first entry stands for; red, green, blue: as many bytes as there are entries.
    """

    first: int
    red: bytes
    green: bytes
    blue: bytes


@dataclass(frozen=True, slots=True)
class PixelEncoding:
    """Pixel Data (7FE0,0010) as the file codes it.

    data_set_offset: where the data set starts in the file, bytes.
    value_offset:    where the value starts: in the file, or in the inflated data set when it is deflated.
    value_length:    bytes; None when undefined (encapsulated).
    photometric:     as the file says, before any conversion to RGB.
    word_swapped:    8-bit pixels written as 16-bit words in big endian.
    frame_offsets:   Extended Offset Table (7FE0,0001), bytes from the first fragment's item tag; empty without one.
    """

    syntax: TransferSyntax
    data_set_offset: int
    value_offset: int
    value_length: int | None
    frame_count: int
    rows: int
    columns: int
    samples_per_pixel: int
    planar: bool
    photometric: str
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    word_swapped: bool = False
    palette: Palette | None = None
    frame_offsets: tuple[int, ...] = ()

    @property
    def pixels_per_frame(self) -> int:
        return self.rows * self.columns

    @property
    def native_frame_bytes(self) -> int:
        """Bytes of one uncompressed frame in the file; YBR_FULL_422 holds two samples a pixel, not three."""
        samples = 2 if self.photometric == "YBR_FULL_422" and self.samples_per_pixel == 3 else self.samples_per_pixel
        return self.pixels_per_frame * samples * (self.bits_allocated // 8)

    @property
    def decoded_frame_bytes(self) -> int:
        samples = 3 if self.palette else self.samples_per_pixel
        return self.pixels_per_frame * samples * (self.bits_allocated // 8)
