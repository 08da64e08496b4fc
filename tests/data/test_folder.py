import numpy as np
import pytest
from PIL import Image

from siamese_lib.data import load_folder
from siamese_lib.data.folder import UnreadableImageError


@pytest.fixture
def folder(tmp_path):
    """Two classes; in "b" a light square on dark, in every mode that Pillow writes to PNG."""
    root = tmp_path / "photos"
    for name in ("b", "a"):
        (root / name).mkdir(parents=True)
    square = Image.new("L", (40, 40), 0)
    square.paste(255, (10, 10, 30, 30))
    square.save(root / "a" / "one.PNG")
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        if mode == "I;16":
            image = Image.fromarray(np.asarray(square).astype(np.uint16) * 257)
        else:
            image = square.convert(mode)
        image.save(root / "b" / f"{mode.replace(';', '')}.png")
    square.convert("CMYK").save(root / "b" / "print.jpg", quality=95)
    (root / "b" / "notes.txt").write_text("not an image")
    (root / "b" / ".hidden.png").write_text("not an image either")
    return root


def test_every_mode_gives_the_same_picture(folder):
    data = load_folder(folder, size=20)
    assert data.class_names == ("a", "b") and data.labels.tolist() == [0] + [1] * 8
    assert data.images.shape == (9, 1, 20, 20) and data.name == "photos"
    expected = data.images[0].int()
    for index in range(1, 9):
        assert (data.images[index].int() - expected).abs().max() <= 8, index


def test_colour_and_ink(folder):
    assert load_folder(folder, channels=3).images.shape == (9, 3, 28, 28)
    dark, light = load_folder(folder, ink_is_dark=True), load_folder(folder)
    assert np.array_equal(dark.images.numpy(), 255 - light.images.numpy())


def test_proportions_stay_and_the_rest_is_filled_with_the_corner(tmp_path):
    (tmp_path / "wide").mkdir()
    image = Image.new("L", (60, 20), 200)
    image.paste(50, (20, 0, 40, 20))
    image.save(tmp_path / "wide" / "x.png")
    picture = load_folder(tmp_path, size=30).images[0, 0]
    assert (picture[:9] == 200).all() and (picture[-9:] == 200).all()
    assert (picture[12:18, 12:18] == 50).all()


def test_transparent_is_white(tmp_path):
    (tmp_path / "c").mkdir()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(tmp_path / "c" / "x.png")
    assert load_folder(tmp_path, size=10).images.eq(255).all()


def test_wrong_folders(tmp_path, folder):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        load_folder(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="holds no image"):
        load_folder(tmp_path / "empty")
    (folder / "c").mkdir()
    with pytest.raises(ValueError, match="class folder.*without an image.*: c"):
        load_folder(folder)


def test_damaged_image_is_named(folder):
    path = folder / "a" / "one.PNG"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(UnreadableImageError, match=r"one\.PNG is not a readable image"):
        load_folder(folder)


def test_wrong_channels(folder):
    with pytest.raises(ValueError, match="channels must be 1"):
        load_folder(folder, channels=2)


@pytest.fixture
def sessions(tmp_path):
    """Two people, two sessions each, two pictures in each; a hidden folder beside them."""
    for person in ("ada", "ben"):
        for session in ("monday", "tuesday"):
            (tmp_path / person / session).mkdir(parents=True)
            for number in range(2):
                Image.new("L", (8, 8), 10).save(tmp_path / person / session / f"{number}.png")
    (tmp_path / "ada" / ".thumbnails").mkdir()
    Image.new("L", (8, 8), 10).save(tmp_path / "ada" / ".thumbnails" / "0.png")
    return tmp_path


def test_sessions_as_makers(sessions):
    data = load_folder(sessions, size=8, maker=lambda path: path.parts[1])
    assert data.class_names == ("ada", "ben") and len(data) == 8
    assert data.maker_names == ("ada monday", "ada tuesday", "ben monday", "ben tuesday")
    assert data.makers.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert load_folder(sessions, size=8).maker_names == ("unknown",)


def test_a_maker_that_is_no_text(sessions):
    with pytest.raises(TypeError, match="maker must return text, it returned None for ada/monday"):
        load_folder(sessions, size=8, maker=lambda path: None)


def test_height_and_width(tmp_path):
    (tmp_path / "wide").mkdir()
    image = Image.new("L", (60, 20), 200)
    image.paste(50, (0, 0, 20, 20))
    image.save(tmp_path / "wide" / "x.png")
    picture = load_folder(tmp_path, size=(10, 30)).images
    assert picture.shape == (1, 1, 10, 30)
    assert (picture[0, 0, :, :8] == 50).all() and (picture[0, 0, :, 12:] == 200).all()
    for wrong, message in (((3, 4, 5), "one side, or"), ((0, 4), "height"), (0, "size must")):
        with pytest.raises(ValueError, match=message):
            load_folder(tmp_path, size=wrong)


def people(tmp_path, counts):
    for name, n in counts.items():
        (tmp_path / name).mkdir()
        for number in range(n):
            Image.new("L", (12, 12), 40 * number).save(tmp_path / name / f"{number}.pgm")


def test_people_with_too_few_pictures_are_left_out_and_counted(tmp_path, caplog):
    caplog.set_level("INFO", "siamese_lib")
    people(tmp_path, {"Ada": 3, "Ben": 1, "Cleo": 2, "Dan": 0})
    data = load_folder(tmp_path, size=8, at_least=2)
    assert data.class_names == ("Ada", "Cleo") and data.labels.tolist() == [0, 0, 0, 1, 1]
    said = " ".join(caplog.text.split())
    assert "2 of 4 class folders" in said and "fewer than 2 readable image(s)" in said
    with pytest.raises(ValueError, match=r"holds 4 readable image\(s\) or more"):
        load_folder(tmp_path, size=8, at_least=4)
    with pytest.raises(ValueError, match="at_least must be an int of 1 or more"):
        load_folder(tmp_path, at_least=0)


def test_unreadable_files_are_skipped_when_asked_and_counted(tmp_path, caplog):
    caplog.set_level("INFO", "siamese_lib")
    people(tmp_path, {"Ada": 3, "Ben": 2})
    (tmp_path / "Ada" / "1.pgm").write_bytes(b"")
    (tmp_path / "Ben" / "1.pgm").write_bytes(b"P5 12 12 255 cut short")
    with pytest.raises(UnreadableImageError, match=r"Ada.1\.pgm"):
        load_folder(tmp_path, size=8)
    data = load_folder(tmp_path, size=8, skip_unreadable=True)
    assert data.labels.tolist() == [0, 0, 1]
    said = " ".join(caplog.text.split())
    assert "2 of 5 files skipped" in said and "1.pgm" in said
    # What is unreadable does not count towards what is enough.
    two = load_folder(tmp_path, size=8, skip_unreadable=True, at_least=2)
    assert two.class_names == ("Ada",)


def picture(path, mode="RGB", colour=(200, 30, 30)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (8, 8), colour).save(path)


def test_colour_is_not_lost_without_a_word(tmp_path, caplog):
    picture(tmp_path / "a" / "red.png")
    picture(tmp_path / "a" / "grey.png", colour=(90, 90, 90))
    load_folder(tmp_path)
    assert "1 colour pictures were made grey, " in caplog.text and "red.png" in caplog.text
    caplog.clear()
    load_folder(tmp_path, channels=3)
    assert not caplog.text


def test_linked_folders_are_read_and_circles_end(tmp_path):
    picture(tmp_path / "elsewhere" / "1.png")
    picture(tmp_path / "photos" / "ada" / "first" / "2.png")
    (tmp_path / "photos" / "ada" / "second").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "photos" / "ada" / "zurück").symlink_to(tmp_path / "photos")
    (tmp_path / "photos" / "ben").symlink_to(tmp_path / "elsewhere")
    data = load_folder(tmp_path / "photos", channels=3, maker=lambda path: path.parts[1])
    assert len(data) >= 3 and data.class_names == ("ada", "ben")
    assert {"ada first", "ada second"} <= set(data.maker_names)


@pytest.mark.parametrize("ending", [".jfif", ".jpe", ".JFIF"])
def test_other_endings_of_jpeg(tmp_path, ending):
    picture(tmp_path / "a" / "x.jpg")
    (tmp_path / "a" / "x.jpg").rename(tmp_path / "a" / f"x{ending}")
    assert len(load_folder(tmp_path)) == 1


def test_pictures_of_a_kind_that_is_not_read_are_counted(tmp_path, caplog):
    picture(tmp_path / "a" / "x.png", "L", 40)
    for name in ("y.heic", "z.AVIF", "notes.txt"):
        (tmp_path / "a" / name).write_bytes(b"")
    assert len(load_folder(tmp_path)) == 1
    assert "2 pictures are of a kind that is not read" in caplog.text
    assert "Convert them" in caplog.text


def test_light_ink_that_is_called_dark_is_noted(tmp_path, caplog):
    picture(tmp_path / "a" / "x.png", "L", 20)
    load_folder(tmp_path, ink_is_dark=True)
    assert "92% of these pictures would be ink" in caplog.text
    caplog.clear()
    load_folder(tmp_path)
    assert not caplog.text


def test_links_that_fan_out_are_read_once(tmp_path):
    """Fifteen folders with two links each to the next were read 32,768 times."""
    picture(tmp_path / "photos" / "a" / "0" / "x.png", "L", 40)
    for number in range(15):
        place = tmp_path / "photos" / "a" / str(number)
        place.mkdir(exist_ok=True)
        for link in ("one", "two"):
            (place / link).symlink_to(tmp_path / "photos" / "a" / str(number + 1))
    (tmp_path / "photos" / "a" / "15").mkdir()
    assert len(load_folder(tmp_path / "photos")) == 1
