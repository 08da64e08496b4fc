"""Folders in the layouts of CEDAR and BHSig260, whole and damaged."""

import numpy as np
import pytest
import torch
from PIL import Image

from siamese_lib.data.signatures import cut_out, load_cedar, make_signatures
from siamese_lib.data.signatures.scans import BlankImageError, otsu

MODES = ("L", "RGB", "1", "RGBA", "P")


def scans(n_signers=4, n=3):
    """Dark on light, in several sizes and modes: {(signer, forged): images}."""
    made = make_signatures(n_signers, n, n, size=(60, 150), seed=9)
    for forged, data in enumerate((made.genuine, made.forged)):
        for row, picture in enumerate(data.images[:, 0]):
            image = Image.fromarray(245 - (picture * 0.85).byte().numpy())
            image = image.resize((150 + 20 * (row % 3), 60 + 10 * (row % 2)))
            yield 1 + row // n, 1 + row % n, forged, image.convert(MODES[row % len(MODES)])


@pytest.fixture
def cedar(tmp_path):
    root = tmp_path / "CEDAR"
    for part in ("full_org", "full_forg"):
        (root / part).mkdir(parents=True)
    for signer, n, forged, image in scans():
        name = f"full_forg/forgeries_{signer}_{n}" if forged else f"full_org/original_{signer}_{n}"
        image.save(root / f"{name}.png")
    (root / "full_org" / "Thumbs.db").write_text("not an image")
    return root


def test_a_whole_folder(cedar, caplog):
    own = load_cedar(cedar, size=(32, 80))
    assert not caplog.text, "nothing to tell"
    assert repr(own) == "CEDAR: 4 signers, 12 genuine and 12 forged signatures of 32 x 80"
    assert own.genuine.group_names == ("signer 01", "signer 02", "signer 03", "signer 04")
    assert own.forged.describe(0) == "signer 01, forged, forgers of signer 01"
    assert torch.equal(own.forged.groups.bincount(), torch.full((4,), 3))
    # What was read is what was written, up to the cutting out.
    made = make_signatures(4, 3, 3, size=(32, 80), seed=9)
    near = torch.cdist(own.genuine.batch().flatten(1), made.genuine.batch().flatten(1)).argmin(1)
    assert (made.genuine.groups[near] == own.genuine.groups).float().mean() > 0.9


def test_signers_are_in_the_order_of_their_numbers(tmp_path):
    for part, start in (("full_org", "original"), ("full_forg", "forgeries")):
        (tmp_path / part).mkdir()
        for signer, n, forged, image in scans():
            if bool(forged) == (part == "full_forg"):
                number = (2, 10, 9, 1)[signer - 1]
                image.save(tmp_path / part / f"{start}_{number}_{n}.png")
    names = load_cedar(tmp_path, size=(32, 80)).genuine.group_names
    assert names == ("signer 01", "signer 02", "signer 09", "signer 10")


def test_missing_parts_are_errors(cedar, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        load_cedar(tmp_path / "nowhere")
    (cedar / "full_forg").rename(cedar / "elsewhere")
    with pytest.raises(FileNotFoundError, match=r"no folder 'full_forg'.*forgeries=False"):
        load_cedar(cedar)
    assert load_cedar(cedar, forgeries=False, size=(32, 80)).forged is None
    (cedar / "full_org").rename(cedar / "originals")
    with pytest.raises(FileNotFoundError, match=r"no folder 'full_org'"):
        load_cedar(cedar, forgeries=False)


def test_what_cannot_be_read_is_counted_and_named(cedar, caplog):
    (cedar / "full_org" / "original_1_1.png").write_bytes(b"")
    (cedar / "full_forg" / "forgeries_2_1.png").write_bytes(b"\x89PNG no")
    Image.new("L", (100, 50), 230).save(cedar / "full_forg" / "forgeries_2_2.png")  # blank
    Image.new("L", (100, 50), 230).save(cedar / "full_org" / "scan.png")
    own = load_cedar(cedar, size=(32, 80))
    told = caplog.text
    assert "left out 3 unreadable or empty image(s): original_1_1.png, forgeries_2_1.png" in told
    assert "left out 1 file(s) that are not called like original_1_1.png: scan.png" in told
    assert len(own.genuine) == 11 and len(own.forged) == 10


def test_signers_who_cannot_be_verified_are_named(cedar, caplog):
    for n in (2, 3):
        (cedar / "full_org" / f"original_4_{n}.png").unlink()
    for n in (1, 2, 3):
        (cedar / "full_forg" / f"forgeries_1_{n}.png").unlink()
    own = load_cedar(cedar, size=(32, 80))
    told = caplog.text
    assert "left out 1 signer(s) with fewer than two genuine signatures" in told
    assert "signer 04" in told and "no forgeries of 1 signer(s): signer 01" in told
    assert own.genuine.group_names == ("signer 01", "signer 02", "signer 03")
    assert len(own.forged) == 6


def test_nothing_that_can_be_used(cedar):
    for path in (cedar / "full_forg").glob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(ValueError, match="no forgery in .* can be used"):
        load_cedar(cedar)
    for path in (cedar / "full_org").glob("*.png"):
        if "_1.png" not in path.name:
            path.unlink()
    with pytest.raises(ValueError, match="nobody .* has two genuine"):
        load_cedar(cedar, forgeries=False)
    for path in (cedar / "full_org").glob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(ValueError, match="no image in .* can be read"):
        load_cedar(cedar, forgeries=False)
    for path in (cedar / "full_org").glob("*.png"):
        path.unlink()
    with pytest.raises(ValueError, match="no image that is called like original_1_1"):
        load_cedar(cedar, forgeries=False)


def test_cleaning_takes_paper_and_shade_away():
    ink = np.zeros((50, 120))
    ink[20:30, 15:100] = 1
    ink[10:40, 30:34] = 0.8
    pictures = [
        cut_out((paper - depth * ink).astype(np.uint8), (30, 70))
        for paper, depth in ((255, 200), (225, 190), (240, 120))
    ]
    for other in pictures[1:]:
        assert np.abs(pictures[0].astype(int) - other).max() <= 3
    assert pictures[0].max() == 255 and (pictures[0][:, 0] == 0).all()
    _, columns = np.nonzero(pictures[0] > 100)
    assert columns.min() <= 4 and columns.max() >= 65, "it fills the picture"


def test_uncleaned_scans_keep_their_paper(cedar):
    raw, cleaned = (load_cedar(cedar, size=(32, 80), clean=c).genuine for c in (False, True))
    assert raw.images[0].median() == 10, "that is how dark the paper of these scans is"
    assert cleaned.images[0].median() == 0 and cleaned.images[0].max() > 200


def test_a_blank_scan_has_no_signature():
    with pytest.raises(BlankImageError, match="nothing on it"):
        cut_out(np.full((40, 90), 228, dtype=np.uint8), (20, 40))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_otsu_against_trying_every_threshold(seed):
    generator = np.random.default_rng(seed)
    values = np.concatenate([generator.normal(60, 15, 300), generator.normal(180, 20, 80)])
    values = values.clip(0, 255).round().astype(np.int64)

    def within(threshold):
        parts = values[values <= threshold], values[values > threshold]
        return sum(len(part) * part.var() for part in parts if len(part))

    best = min(within(t) for t in range(256))
    assert within(otsu(values)) == pytest.approx(best)
