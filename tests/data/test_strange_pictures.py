"""Pictures from strangers: files that start programs, fill the memory or wait for ever."""

import io
import os
import struct
import sys
import zlib

import numpy as np
import pytest
from PIL import EpsImagePlugin, Image, ImageOps, PngImagePlugin

from peak_memory import measured, needs_peak_memory
from siamese_lib.data import image_file, load_folder
from siamese_lib.data.folder import UnreadableImageError
from siamese_lib.data.image_file import read_image
from siamese_lib.data.signatures import load_cedar

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(x) show\nshowpage\n%%EOF\n"


def folder_of(path, **files):
    """A class folder with one good picture, and files with this content; points stand for _."""
    (path / "a").mkdir()
    Image.new("L", (8, 8), 40).save(path / "a" / "good.png")
    for name, content in files.items():
        (path / "a" / name.replace("_", ".")).write_bytes(content)
    return path


def skipped(folder, caplog):
    """What is said of the one file that is skipped, after it has been refused by default."""
    with pytest.raises(UnreadableImageError) as refused:
        load_folder(folder)
    assert len(load_folder(folder, skip_unreadable=True)) == 1
    assert "1 of 2 files skipped" in " ".join(caplog.text.split())
    return str(refused.value)


def chunk(kind, content):
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def png_of_one_colour(width, height, depth=8, kind=2):
    """A PNG of zeros, packed row by row, so that making it takes no memory."""
    packer = zlib.compressobj(9)
    row = bytes(1 + width * (3 if kind == 2 else 1) * depth // 8)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def tiff_of_one_tile(side, tile):
    """A small picture in a tile that is far larger than the picture."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(tile)) for _ in range(tile)) + packer.flush()
    values = {256: side, 257: side, 258: 8, 259: 8, 262: 1, 277: 1, 322: tile, 323: tile}
    offset = 10 + 12 * 10 + 4
    values |= {324: offset, 325: len(packed)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in values.items())
    return b"II*\0" + struct.pack("<IH", 8, len(values)) + entries + bytes(4) + packed


def test_postscript_in_a_png_starts_nothing(tmp_path, monkeypatch, caplog):
    started = []
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *given, **how: started.append(given))
    folder = folder_of(tmp_path, photo_png=EPS)
    assert "photo.png is not a readable image" in skipped(folder, caplog)
    with pytest.raises(UnreadableImageError):
        read_image(folder / "a" / "photo.png", None)
    assert started == []


def can_be_read(path):
    try:
        Image.open(path).load()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("mode", ["LAB", "HSV", "YCbCr", "CMYK"])
def test_a_mode_that_cannot_be_converted_is_named(tmp_path, mode, caplog):
    folder = folder_of(tmp_path)
    try:
        Image.new(mode, (8, 8)).save(folder / "a" / "odd.tif")
    except OSError:
        pytest.skip(f"no TIFF can hold {mode}")
    # Which of them Pillow reads depends on its version.
    if mode == "LAB" or (mode == "YCbCr" and not can_be_read(folder / "a" / "odd.tif")):
        assert "odd.tif is not a readable image" in skipped(folder, caplog)
    else:
        assert len(load_folder(folder)) == 2


def test_whatever_pillow_raises_is_named(tmp_path, monkeypatch, caplog):
    folder = folder_of(tmp_path, odd_gif=b"")
    Image.new("L", (8, 8)).save(folder / "a" / "odd.gif")
    opening = Image.open

    def breaks(file, *given, **how):
        if "odd" in str(file):
            raise KeyError("a tag that nobody expected")
        return opening(file, *given, **how)

    monkeypatch.setattr(Image, "open", breaks)
    assert "odd.gif is not a readable image" in skipped(folder, caplog)


@pytest.mark.timeout(20)
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_that_is_called_like_a_picture_does_not_wait_for_ever(tmp_path, caplog):
    folder = folder_of(tmp_path)
    os.mkfifo(folder / "a" / "odd.png")
    assert "odd.png is not a file" in skipped(folder, caplog)


def test_terminal_escapes_in_names_are_not_passed_on(tmp_path, caplog):
    folder = folder_of(tmp_path)
    (folder / "a" / "\x1b[2J\u202egnp.png").write_bytes(b"")
    said = skipped(folder, caplog)
    assert r"\x1b[2J\u202egnp.png is not a readable image" in said
    assert "\x1b" not in caplog.text


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are Unicode there")
def test_names_that_are_no_unicode_can_be_printed(tmp_path, caplog):
    folder = folder_of(tmp_path)
    (folder / "a" / os.fsdecode(b"\xff.png")).write_bytes(b"")
    said = skipped(folder, caplog)
    assert r"\udcff.png is not a readable image" in said
    (said + caplog.text).encode("utf8")  # as a terminal or a file needs it


class TestTooLarge:
    READ = "from siamese_lib.data import load_folder"

    @needs_peak_memory
    @pytest.mark.parametrize(
        ("kind", "content"),
        [
            ("png", lambda: png_of_one_colour(12_000, 12_000)),
            ("tif", lambda: tiff_of_one_tile(10, 16_384)),
        ],
    )
    def test_a_bomb_is_refused_before_it_is_decoded(self, tmp_path, kind, content):
        content = content()
        assert len(content) < 1e6
        folder = folder_of(tmp_path, **{f"bomb_{kind}": content})
        found = measured(self.READ, "load_folder(words[0])", folder)
        assert found.megabytes < 60
        assert "UnreadableImageError" in found.error and f"bomb.{kind}" in found.error
        assert "max_pixels=50,000,000" in found.error

    @needs_peak_memory
    @pytest.mark.parametrize(("depth", "kind", "most"), [(8, 2, 420), (16, 0, 600)])
    def test_the_largest_picture_that_is_read_takes_a_few_times_its_size(
        self, tmp_path, depth, kind, most
    ):
        """48 million pixels: 192 MB in Pillow's four bytes for a colour, 96 MB in 16-bit grey."""
        folder = folder_of(tmp_path, large_png=png_of_one_colour(8000, 6000, depth, kind))
        found = measured(self.READ, "assert len(load_folder(words[0])) == 2", folder)
        assert found.error == "" and found.megabytes < most

    @needs_peak_memory
    def test_a_large_scan_of_a_signature_takes_a_few_times_its_size(self, tmp_path):
        """48 million pixels of one byte."""
        scan = np.full((6000, 8000), 255, np.uint8)
        scan[1000:5000, 500:7500] = 30
        (tmp_path / "full_org").mkdir()
        for number in range(2):
            Image.fromarray(scan).save(tmp_path / "full_org" / f"original_1_{number}.png")
        read = "from siamese_lib.data.signatures import load_cedar"
        found = measured(read, "load_cedar(words[0], forgeries=False)", tmp_path)
        assert found.error == "" and found.megabytes < 300

    @needs_peak_memory
    def test_text_and_profiles_in_a_png_are_bounded(self, tmp_path):
        text = PngImagePlugin.PngInfo()
        for number in range(20):
            text.add_text(f"note {number}", "x" * 50_000_000 if number == 0 else "y", zip=True)
        Image.new("L", (8, 8)).save(tmp_path / "t.png", pnginfo=text)
        profile = zlib.compress(bytes(200_000_000), 9)
        whole = png_of_one_colour(8, 8)
        icc = whole[:33] + chunk(b"iCCP", b"icc\0\0" + profile) + whole[33:]
        folder = folder_of(tmp_path, text_png=(tmp_path / "t.png").read_bytes(), icc_png=icc)
        found = measured(self.READ, "load_folder(words[0], skip_unreadable=True)", folder)
        assert found.error == "" and found.megabytes < 60

    def test_the_limit_can_be_raised_and_lowered(self, tmp_path):
        folder = folder_of(tmp_path)
        with pytest.raises(UnreadableImageError) as refused:
            load_folder(folder, max_pixels=63)
        assert "good.png has 8 x 8 = 64 pixels, more than max_pixels=63" in str(refused.value)
        assert "pass a larger max_pixels" in str(refused.value)
        assert len(load_folder(folder, max_pixels=64)) == 1
        with pytest.raises(ValueError, match="max_pixels must be an int of 1 or more, got 0"):
            load_folder(folder, max_pixels=0)

    def test_beyond_pillows_own_limit_its_name_is_said(self, tmp_path, monkeypatch):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
        with pytest.raises(UnreadableImageError, match=r"PIL\.Image\.MAX_IMAGE_PIXELS"):
            load_folder(folder_of(tmp_path), max_pixels=64)

    def test_pillows_warning_gives_way_to_the_limit(self, tmp_path, monkeypatch):
        """Above Pillow's limit and below twice of it, Pillow only warns."""
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 60)
        assert len(load_folder(folder_of(tmp_path), max_pixels=64)) == 1


def test_photographs_of_two_cameras_in_one_file_are_read(tmp_path):
    """Many telephones write JPEG files that hold a second picture, which Pillow calls MPO."""
    folder = folder_of(tmp_path)
    photo = Image.new("RGB", (64, 48), "red")
    photo.save(folder / "a" / "phone.jpg", "MPO", save_all=True, append_images=[photo])
    assert len(load_folder(folder, channels=3)) == 2


@pytest.mark.parametrize("ending", ["png", "jpg", "bmp", "gif", "tif", "webp", "pgm", "ppm"])
def test_every_ending_that_is_looked_for_can_be_read(tmp_path, ending):
    folder = folder_of(tmp_path)
    Image.new("L", (8, 8), 40).save(folder / "a" / f"one.{ending}")
    images = load_folder(folder, size=8).images.numpy().astype(int)
    assert np.abs(images - 40).max() <= 3


def test_signatures_are_read_under_the_same_limit(tmp_path, caplog):
    caplog.set_level("INFO", "siamese_lib")
    rng = np.random.default_rng(0)
    for number in range(3):
        (tmp_path / "full_org").mkdir(exist_ok=True)
        scan = np.full((40, 60), 255, np.uint8)
        scan[10:30, 10:50] = rng.integers(0, 60, (20, 40))
        Image.fromarray(scan).save(tmp_path / "full_org" / f"original_1_{number}.png")
    (tmp_path / "full_org" / "original_1_9.png").write_bytes(EPS)
    assert len(load_cedar(tmp_path, forgeries=False).genuine) == 3
    assert "original_1_9.png" in caplog.text
    with pytest.raises(ValueError, match="no image in .* can be read"):
        load_cedar(tmp_path, forgeries=False, max_pixels=100)


def jpeg_of_scans(n_scans):
    """A progressive JPEG whose last scan is repeated."""
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)
    Image.fromarray(noise).save(buffer, "JPEG", progressive=True)
    whole = buffer.getvalue()
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * n_scans + whole[-2:]


def test_a_jpeg_of_thousands_of_scans_is_refused_before_it_is_decoded(
    tmp_path, monkeypatch, caplog
):
    """Each takes as long as a picture: 267 kB took a minute."""
    monkeypatch.setattr(Image.Image, "getpixel", lambda *_: pytest.fail("it was decoded"))
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.jpg").write_bytes(jpeg_of_scans(500))
    with pytest.raises(UnreadableImageError, match=r"x\.jpg stores its picture in 5\d\d scans"):
        load_folder(tmp_path)


def test_a_progressive_jpeg_of_a_few_scans_is_read(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.jpg").write_bytes(jpeg_of_scans(3))
    assert len(load_folder(tmp_path)) == 1


# A BMP of 3,000 x 3,000 pixels in 256 colours, packed in runs.
RUNS = b"BM" + struct.pack("<IHHI", 1100, 0, 0, 1078)
RUNS += struct.pack("<IiiHHIIiiII", 40, 3000, 3000, 1, 8, 1, 22, 0, 0, 256, 0) + bytes(1024)
RUNS += b"\xff\1" * 10 + b"\0\1"


@pytest.mark.parametrize(
    "content",
    [b"P5 3000 3000 100\n" + bytes(9_000_000), b"P2 3000 3000 255\n" + b"1 " * 9_000_000, RUNS],
    ids=["odd depth", "text", "runs"],
)
def test_a_large_picture_that_only_python_decodes_is_refused(tmp_path, content):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.pgm").write_bytes(content)
    with pytest.raises(UnreadableImageError, match="Save it as a PNG"):
        load_folder(tmp_path)


@needs_peak_memory
def test_a_small_transparent_file_takes_a_few_times_its_size(tmp_path):
    buffer = io.BytesIO()
    Image.new("RGBA", (5000, 5000), (0, 0, 0, 0)).save(buffer, "WEBP", lossless=True)
    assert len(buffer.getvalue()) < 10_000
    # 100 MB in Pillow; its decoder of WEBP takes three times that.
    folder = folder_of(tmp_path, bomb_webp=buffer.getvalue())
    found = measured(TestTooLarge.READ, "load_folder(words[0])", folder)
    assert found.error == "" and found.megabytes < 500


@pytest.mark.parametrize("at_once", [30, 4])  # tiles of whole rows, and of parts of a row
def test_a_transparent_picture_is_put_on_white_tile_by_tile(tmp_path, monkeypatch, at_once):
    monkeypatch.setattr(image_file, "PIXELS_AT_ONCE", at_once)
    values = np.random.default_rng(0).integers(0, 255, (17, 9, 4), np.uint8)
    whole = Image.fromarray(values)
    white = Image.new("RGBA", whole.size, "white")
    expected = np.asarray(Image.alpha_composite(white, whole).convert("RGB"))
    whole.save(tmp_path / "x.png")
    read = read_image(tmp_path / "x.png", None, channels=3)
    assert (read == expected.transpose(2, 0, 1)).all()


def test_many_tiles_count_together(tmp_path):
    """Each may be small enough: a file of 48 kB took minutes."""
    values = {256: 1600, 257: 1, 258: 8, 259: 1, 262: 1, 277: 1, 322: 16, 323: 3_000_000}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in values.items())
    entries += struct.pack("<HHII", 324, 4, 1, 200) + struct.pack("<HHII", 325, 4, 1, 10)
    head = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(values) + 2)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.tif").write_bytes(head + entries + bytes(300))
    with pytest.raises(UnreadableImageError, match="has tiles of 1,600 x 3,000,000"):
        load_folder(tmp_path)


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
def test_pictures_are_turned_upright_as_pillow_does(tmp_path, turn, ending):
    picture = Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8) * 5).convert("RGB")
    exif = Image.Exif()
    exif[274] = turn
    options = {} if ending == "tif" else {"quality": 100, "exif": exif}
    options = {"tiffinfo": {274: turn}} if ending == "tif" else options
    picture.save(tmp_path / f"x.{ending}", **options)
    with Image.open(tmp_path / f"x.{ending}") as saved:
        expected = np.asarray(ImageOps.exif_transpose(saved).convert("RGB")).transpose(2, 0, 1)
    read = read_image(tmp_path / f"x.{ending}", None, channels=3)
    assert read.shape == expected.shape and (read == expected).all()


def test_exif_data_in_many_segments_is_refused_before_it_is_joined(tmp_path, caplog):
    """A JPEG of 7 MB took 269 seconds."""
    buffer = io.BytesIO()
    Image.new("L", (8, 8)).save(buffer, "JPEG")
    segment = b"\xff\xe1" + struct.pack(">H", 9) + b"Exif\0\0x"
    content = buffer.getvalue()
    folder = folder_of(tmp_path, x_jpg=content[:2] + 1_001 * segment + content[2:])
    assert "has 1,001 segments for Exif data" in skipped(folder, caplog)


def test_the_same_bytes_in_another_file_mean_nothing(tmp_path):
    picture = Image.fromarray(np.frombuffer(2_000 * b"\xff\xe1", np.uint8).reshape(50, 80))
    picture.save(tmp_path / "x.bmp")
    assert (read_image(tmp_path / "x.bmp", None)[0] == np.asarray(picture)).all()


def test_progressive_strips_in_a_tiff_are_refused_before_they_are_decoded(tmp_path, caplog):
    """Strips that share one JPEG of many scans: 521 kB took 42 seconds."""
    buffer = io.BytesIO()
    Image.new("L", (16, 1), 77).save(buffer, "JPEG", progressive=True)
    strip, n = buffer.getvalue(), 4
    values = {256: 16, 257: n, 258: 8, 259: 7, 262: 1, 273: None, 277: 1, 278: 1, 279: None}
    end = 8 + 2 + 12 * len(values) + 4
    content = b"II*\0" + struct.pack("<IH", 8, len(values))
    for tag, value in values.items():
        where = end + (4 * n if tag == 279 else 0)
        number = (n, where) if value is None else (1, value)
        content += struct.pack("<HHII", tag, 4, *number)
    content += bytes(4) + struct.pack("<I", end + 8 * n) * n + struct.pack("<I", len(strip)) * n
    folder = folder_of(tmp_path, x_tif=content + strip)
    assert "(none in a TIFF)" in skipped(folder, caplog)
