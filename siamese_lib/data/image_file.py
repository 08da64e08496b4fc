"""One image file, perhaps from a stranger: opened as a picture, and as nothing else.

Read files of strangers with Pillow 13 or newer. Older versions can read tags that overlap, so a
file of some kilobytes takes gigabytes.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from siamese_lib.checks import check_counts
from siamese_lib.files import display_path, printable

# Pillow's names of the formats that are opened, whatever a file is called. Pillow knows many more,
# and it recognises a file by its content: it passes EPS to Ghostscript, which runs the program that
# an EPS file is.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
# A photograph of a good telephone has 12 to 50 million pixels.
MAX_PIXELS = 50_000_000
# A progressive JPEG stores a picture in a few scans, each of which takes as long as the whole.
MAX_SCANS = 100
SCAN, PROGRESSIVE = b"\xff\xda", b"\xff\xc2"
# Pillow joins the segments of a JPEG that hold Exif data, in quadratic time. A photograph has one.
JPEG_START, EXIF_SEGMENT, MAX_EXIF_SEGMENTS = b"\xff\xd8", b"\xff\xe1", 1_000
# Tag of TIFF for the compression, and its values for JPEG.
COMPRESSION, JPEG_IN_TIFF = 259, (6, 7)
# Decoders of Pillow (PPM, BMP in runs) that are written in Python, and how many pixels they may do.
SLOW_DECODERS = ("ppm", "ppm_plain", "bmp_rle")
MAX_SLOW_PIXELS = 5_000_000
# Tags of TIFF: the width and the height of the tiles that a picture is stored in.
TILE_SIDES = (322, 323)
# The Exif tag of the orientation (Exif 2.3, section 4.6.4), and the turn that makes it upright.
ORIENTATION = 274
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Greys of more than 8 bits are converted so many pixels at a time.
PIXELS_AT_ONCE = 1 << 20


# Places across and down where colour is looked for, and the difference of channels in grey scans.
PLACES = 64
GREY_DIFFERS_BY = 24


class UnreadableImageError(ValueError):
    """A file that should be an image cannot be read as one."""


def read_image(
    file: Path,
    sides: tuple[int, int] | None,
    channels: int = 1,
    ink_is_dark: bool = False,
    *,
    max_pixels: int = MAX_PIXELS,
) -> np.ndarray:
    """Read one image file as ``load_folder`` reads it: uint8 ``(channels, height, width)``.

    Args:
        file: Path of the file.
        sides: Height and width that the image is fitted into; None keeps its own.
        channels: 1 for grey, 3 for RGB.
        ink_is_dark: Whether to invert the values, so that dark ink becomes high.
        max_pixels: Largest number of pixels, 1 or more. It is compared with the size that the
            file declares, before any pixel is decoded.

    Raises:
        UnreadableImageError: If the file cannot be read as an image, or has more than
            ``max_pixels`` pixels. The message names the file.
        ValueError: If ``max_pixels`` is not an int of 1 or more.
    """
    return read_image_and_colour(file, sides, channels, ink_is_dark, max_pixels=max_pixels)[0]


def read_image_and_colour(
    file: Path,
    sides: tuple[int, int] | None,
    channels: int = 1,
    ink_is_dark: bool = False,
    *,
    max_pixels: int = MAX_PIXELS,
) -> tuple[np.ndarray, bool]:
    """Return what ``read_image`` returns, and whether a colour picture was made grey."""
    check_counts(max_pixels=max_pixels)
    if not file.is_file():  # opening a named pipe would wait for ever
        raise UnreadableImageError(f"{display_path(file)} is not a file. Remove it.")
    try:
        with _opened(file, max_pixels) as image:
            _check_quick(image, file)
            loses_colour = channels == 1 and _is_colourful(image)
            pixels = _as_pixels(image, sides, channels)
    except UnreadableImageError:
        raise
    # Pillow raises what its many plugins meet: struct.error, KeyError, OverflowError, ...
    except Exception as error:
        raise UnreadableImageError(
            f"{display_path(file)} is not a readable image ({printable(str(error))}). Replace or "
            "remove it."
        ) from error
    return (255 - pixels if ink_is_dark else pixels), loses_colour


def _is_colourful(image: Image.Image) -> bool:
    """Whether the channels differ, at some places of the picture."""
    if image.mode.startswith(("1", "L", "I", "F")):
        return False
    sides = (min(PLACES, image.width), min(PLACES, image.height))
    some = image.resize(sides, Image.Resampling.NEAREST).convert("RGB")
    values = np.asarray(some, dtype=np.int16)
    return bool(np.ptp(values, axis=2).max() > GREY_DIFFERS_BY)


def _opened(file: Path, max_pixels: int) -> Image.Image:
    """The image with its header read, and nothing decoded yet."""
    with file.open("rb") as content:
        is_jpeg = content.read(2) == JPEG_START
    n_segments = _count(EXIF_SEGMENT, file) if is_jpeg else 0
    if n_segments > MAX_EXIF_SEGMENTS:
        raise UnreadableImageError(
            f"{display_path(file)} has {n_segments:,} segments for Exif data, and "
            f"{MAX_EXIF_SEGMENTS:,} are read. Save it again, or remove it."
        )
    try:
        with warnings.catch_warnings():
            # max_pixels takes the place of this warning.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise UnreadableImageError(
            f"{display_path(file)} is too large ({error}). Shrink or remove it, or, if you trust "
            f"the file, raise PIL.Image.MAX_IMAGE_PIXELS and pass a larger max_pixels than "
            f"{max_pixels:,}."
        ) from error
    width, height = image.size
    # The whole of a tile is decoded, however little of it the picture shows.
    tile_width, tile_height = (_tag(image, tag) for tag in TILE_SIDES)
    if tile_width and tile_height:  # all tiles together are decoded
        tile_width *= -(-width // tile_width)
        tile_height *= -(-height // tile_height)
    for what, across, down in (("", width, height), ("tiles of ", tile_width, tile_height)):
        if across * down > max_pixels:
            image.close()
            raise UnreadableImageError(
                f"{display_path(file)} has {what}{across:,} x {down:,} = {across * down:,} "
                f"pixels, more than max_pixels={max_pixels:,}. Shrink or remove it, or pass a "
                "larger max_pixels if you trust the file."
            )
    return image


def _check_quick(image: Image.Image, file: Path) -> None:
    """Raise if a small file is made so that decoding it takes minutes."""
    width, height = image.size
    decoders = {str(tile[0]) for tile in getattr(image, "tile", [])}
    if decoders.intersection(SLOW_DECODERS) and width * height > MAX_SLOW_PIXELS:
        raise UnreadableImageError(
            f"{display_path(file)} has {width:,} x {height:,} pixels in a form that is read "
            f"slowly, and {MAX_SLOW_PIXELS:,} are read. Save it as a PNG."
        )
    in_tiff = _tag(image, COMPRESSION) in JPEG_IN_TIFF
    if in_tiff or "jpeg" in decoders:
        n_scans, is_progressive = (_count(mark, file) for mark in (SCAN, PROGRESSIVE))
        if (in_tiff and is_progressive) or (not in_tiff and n_scans > MAX_SCANS):
            raise UnreadableImageError(
                f"{display_path(file)} stores its picture in {n_scans:,} scans, and {MAX_SCANS} "
                "are read (none in a TIFF). Save it again, or remove it."
            )


def _count(mark: bytes, file: Path) -> int:
    """Return how often two bytes occur in a file, which may be larger than the memory."""
    n, last = 0, b""
    with file.open("rb") as opened:
        while part := opened.read(1 << 20):
            n += (last + part).count(mark)
            last = part[-1:]
    return n


def _tag(image: Image.Image, number: int) -> int:
    """A whole number among the tags of a TIFF file; 0 for other files."""
    return int(getattr(image, "tag_v2", {}).get(number, 0))


def _as_pixels(image: Image.Image, sides: tuple[int, int] | None, channels: int) -> np.ndarray:
    """uint8 ``(channels, height, width)``."""
    kind = image.format  # what is made of the image has none
    image = _eight_bit(_upright(image), kind)
    if image.has_transparency_data:
        image = _on_white(image)
    image = image.convert("L" if channels == 1 else "RGB")
    corner: Any = image.getpixel((0, 0))
    if sides is None:
        sides = image.size[::-1]
    else:
        image = ImageOps.pad(image, sides[::-1], Image.Resampling.BICUBIC, color=corner)
    return np.asarray(image, dtype=np.uint8).reshape(*sides, channels).transpose(2, 0, 1)


def _upright(image: Image.Image) -> Image.Image:
    """Turn a picture as its Exif orientation says, and read no other tags."""
    image.load()  # turns a TIFF; a PNG may have its Exif block behind the pixels
    turn = TURNS.get(image.getexif().get(ORIENTATION, 1))
    return image if turn is None else image.transpose(turn)


def _on_white(image: Image.Image) -> Image.Image:
    """RGB, computed in tiles: a transparent picture takes a few times its size otherwise."""
    width, height = image.size
    whole = Image.new("RGB", image.size)
    columns = min(width, PIXELS_AT_ONCE)
    rows = max(1, PIXELS_AT_ONCE // columns)
    for top in range(0, height, rows):
        for left in range(0, width, columns):
            box = (left, top, min(width, left + columns), min(height, top + rows))
            tile = image.crop(box).convert("RGBA")
            white = Image.new("RGBA", tile.size, "white")
            whole.paste(Image.alpha_composite(white, tile).convert("RGB"), box)
    return whole


def _eight_bit(image: Image.Image, kind: str | None) -> Image.Image:
    """Greys of more than 8 bits as 8-bit ones: Pillow's own conversion would cut them off at 255.

    White follows from the type of the file and never from the values of one picture, or a dark scan
    would come out as bright as a light one.

    Args:
        image: A picture of any mode.
        kind: Pillow's name of the file's format.

    Raises:
        ValueError: If the type does not say what white is (whole numbers of 32 bits), or if values
            are below black or above white.
    """
    if not image.mode.startswith(("I", "F")):
        return image
    # Pillow scales a PGM of any depth to 16 bits, and gives it and older 16-bit PNGs as 32 bits.
    if image.mode == "I" and kind not in ("PPM", "PNG"):
        raise ValueError(
            "it holds whole numbers of 32 bits, which do not say what white is: save it with 8 or "
            "16 bits"
        )
    white = 1 if image.mode == "F" else 65535
    values = np.asarray(image)
    low, high = values.min(), values.max()
    if not (low >= 0 and high <= white):
        raise ValueError(f"its values run from {low:g} to {high:g}, and white is {white}")
    grey = np.empty(values.shape, dtype=np.uint8)
    flat, flat_grey = values.reshape(-1), grey.reshape(-1)
    for start in range(0, len(flat), PIXELS_AT_ONCE):
        part = slice(start, start + PIXELS_AT_ONCE)
        flat_grey[part] = np.round(flat[part].astype(np.float64) * (255 / white))
    return Image.fromarray(grey)
