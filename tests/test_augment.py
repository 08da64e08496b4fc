import pytest
import torch
from torchvision.transforms.v2 import functional as oracle

from draws import uniform
from siamese_lib.augment import (
    RandomAffine,
    quarter_turns,
    with_quarter_turns,
    with_turns_and_mirrors,
)
from siamese_lib.data import make_glyphs


def blob():
    """A soft square off the centre, on paper of 0: (1, 1, 28, 28)."""
    image = torch.zeros(1, 1, 28, 28)
    image[..., 8:18, 10:22] = 1
    return torch.nn.functional.avg_pool2d(image, 3, 1, 1)


def test_no_amount_changes_nothing():
    images = uniform(3, 2, 28, 28)
    assert torch.allclose(RandomAffine(0, 0, 0, 0, generator=0)(images), images, atol=1e-5)


def test_same_seed_same_images_each_its_own_and_global_state_untouched():
    images = blob().expand(5, 1, 28, 28)
    state = torch.get_rng_state()
    first, again = (RandomAffine(generator=3)(images) for _ in range(2))
    assert torch.equal(first, again) and torch.equal(torch.get_rng_state(), state)
    assert len(first.flatten(1).unique(dim=0)) == 5
    augment = RandomAffine(generator=3)
    assert not torch.equal(augment(images), augment(images))


@pytest.mark.parametrize("degrees", [30.0, 80.0])
def test_turning_agrees_with_torchvision(degrees):
    augment = RandomAffine(degrees, 0, 0, 0, generator=1)
    turned = augment(blob())
    amount = torch.rand(1, 7, generator=torch.Generator().manual_seed(1))[0, 0] * 2 - 1
    theirs = oracle.rotate(
        blob(), float(amount) * degrees, interpolation=oracle.InterpolationMode.BILINEAR
    )
    assert torch.allclose(turned, theirs, atol=1e-4)


@pytest.mark.parametrize("fill", [0.0, 1.0, -0.5])
def test_background_is_filled_with_itself(fill):
    images = torch.full((8, 1, 28, 28), fill)
    moved = RandomAffine(40, 0.3, 0.4, 0.3, fill=fill, generator=0)(images)
    assert torch.allclose(moved, images, atol=1e-6)


def test_shift_and_scale_stay_in_their_range():
    images = blob().expand(400, 1, 28, 28)
    place = torch.arange(28.0)

    def centre(batch):
        return (batch.sum((1, 2)) * place).sum(1) / batch.sum((1, 2, 3))

    shifted = RandomAffine(0, 0, 0, 0.1, generator=0)(images)
    moves = centre(shifted) - centre(images)
    assert 2.2 < moves.abs().max() < 2.81  # 0.1 of 28 pixels
    assert moves.mean().abs() < 0.3
    scaled = RandomAffine(0, 0, 0.2, 0, generator=0)(images).sum((1, 2, 3)) / images[0].sum()
    assert scaled.min() > 0.62 and 1.3 < scaled.max() < 1.56  # exp of -0.4 to 0.4, both sides


def test_bad_input():
    with pytest.raises(ValueError, match="shear must be 0 or more"):
        RandomAffine(shear=-1)
    with pytest.raises(ValueError, match="images must be floats"):
        RandomAffine()(torch.zeros(2, 1, 8, 8, dtype=torch.uint8))


def test_quarter_turns():
    images, labels = uniform(3, 1, 6, 6), torch.tensor([0, 0, 5])
    turned, classes = quarter_turns(images, labels)
    assert turned.shape == (12, 1, 6, 6)
    assert classes.tolist() == [0, 0, 20, 1, 1, 21, 2, 2, 22, 3, 3, 23]
    assert torch.equal(turned[:3], images)
    assert torch.equal(turned[3:6].rot90(3, (2, 3)), images)
    with pytest.raises(ValueError, match="square"):
        quarter_turns(uniform(1, 1, 4, 5), torch.zeros(1))


def test_a_set_with_quarter_turns():
    glyphs_few = make_glyphs([4, 4], size=16, n_drawers=3)
    turned = with_quarter_turns(glyphs_few)
    n = len(glyphs_few)
    assert len(turned) == 4 * n and len(turned.classes) == 4 * len(glyphs_few.classes)
    assert torch.equal(turned.images[2 * n :][:n].rot90(2, (2, 3)), glyphs_few.images)
    row = 3 * n  # the first drawing, turned by three quarters
    was = glyphs_few.class_names[glyphs_few.labels[0]]
    assert turned.class_names[turned.labels[row]] == f"{was} turned by 270°"
    assert turned.groups[row] == glyphs_few.groups[0]
    assert turned.makers[row] == glyphs_few.makers[0]


def test_turns_and_mirrors_are_the_eight_symmetries_of_a_square():
    data = make_glyphs([3, 2], size=12, seed=0, n_drawers=2)
    eight = with_turns_and_mirrors(data)
    assert len(eight.classes) == 40 and len(eight) == 8 * len(data)
    for row in (0, 7):
        image = data.images[row]
        wanted = {
            torch.rot90(flipped, k, (1, 2)).numpy().tobytes()
            for flipped in (image, image.flip(2))
            for k in range(4)
        }
        name = data.class_names[data.labels[row]]
        mine = [i for i in range(len(eight)) if eight.class_names[eight.labels[i]].startswith(name)]
        drawn = [i for i in mine if eight.makers[i] == data.makers[row]]
        found = [eight.images[i].numpy().tobytes() for i in drawn]
        assert len(found) == 8 and set(found) == wanted
        assert len({int(eight.labels[i]) for i in mine}) == 8
        assert {int(eight.groups[i]) for i in mine} == {int(data.groups[row])}


def test_a_turn_of_a_picture_that_is_not_square_stays_a_turn():
    """A disc stays a disc: turned in a tall picture as in the square one that holds it."""
    y, x = torch.meshgrid(torch.arange(40.0), torch.arange(40.0), indexing="ij")
    square = (((y - 19.5) ** 2 + (x - 19.5 - 4) ** 2) < 36).float()[None, None]
    tall = square[..., 8:32]
    turned, expected = (
        RandomAffine(90, shear=0, scale=0, shift=0, generator=3)(image) for image in (tall, square)
    )
    assert expected.sub(square).abs().max() > 0.5, "it turned"
    assert torch.allclose(turned, expected[..., 8:32], atol=1e-4)


def test_the_border_goes_on():
    images = torch.full((8, 1, 12, 12), 0.7)
    moved = RandomAffine(fill="border", shift=0.4, generator=0)(images)
    assert torch.allclose(moved, images)
    assert RandomAffine(shift=0.4, generator=0)(images).min() == 0
    with pytest.raises(ValueError, match="fill must be one of border, got 'reflect'"):
        RandomAffine(fill="reflect")


def test_quarter_turns_of_classes_that_8_bits_cannot_count():
    labels = torch.tensor([0, 64, 255], dtype=torch.uint8)
    _, turned = quarter_turns(torch.rand(3, 1, 4, 4), labels)
    assert len(turned.unique()) == 12 and turned.max() == 4 * 255 + 3
