"""``verify`` and what it stands on: all pairs, a PCA baseline, differences over people."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from siamese_lib.data import LabelledImages, load_characters, make_glyphs
from siamese_lib.embedding import embed_all
from siamese_lib.evaluation import PCAEmbedding, pixels, verify
from siamese_lib.sampling import all_pairs


@pytest.fixture(scope="module")
def people():
    """Thirty characters as people, six pictures each."""
    return make_glyphs([10, 10, 10], 16, seed=3, n_drawers=6)


def test_all_pairs_by_a_double_loop():
    labels = torch.tensor([2, 0, 2, 1, 0, 2])
    found = all_pairs(labels)
    expected = [(i, j, labels[i] == labels[j]) for i in range(6) for j in range(i + 1, 6)]
    assert [
        (i, j, bool(s)) for i, j, s in zip(*(part.tolist() for part in found), strict=True)
    ] == expected
    everything = all_pairs(labels, at_most=15)
    assert all(torch.equal(a, b) for a, b in zip(found, everything, strict=True))


@pytest.mark.parametrize("at_most", [2, 9, 14, 50, 400, 420])
def test_a_part_of_the_pairs(at_most):
    """30 images, 435 pairs, 30 of them same: each once, the right kind, in order."""
    labels = torch.arange(30) // 3
    first, second, same = all_pairs(labels, at_most, generator=1)
    assert len(first) == at_most and (first < second).all()
    assert torch.equal(same.bool(), labels[first] == labels[second])
    assert same.sum() == max(min(at_most // 2, 30), at_most - 405)
    codes = first * 30 + second
    assert torch.equal(codes, codes.unique())


def test_each_pair_is_drawn_equally_often():
    labels, hits = torch.tensor([0, 0, 0, 1, 1, 2, 3]), torch.zeros(7, 7)
    for seed in range(3000):
        first, second, _ = all_pairs(labels, 6, generator=seed)
        hits[first, second] += 1
    same = labels[:, None] == labels
    upper = torch.ones(7, 7, dtype=torch.bool).triu(1)
    for kind, wanted, n in ((same, 3, 4), (~same, 3, 17)):
        counts = hits[kind & upper]
        assert len(counts) == n
        expected = 3000 * wanted / n
        assert (counts - expected).abs().max() < 5 * expected**0.5


def test_pairs_that_cannot_be():
    for labels, message in (([0, 0], "hold one class"), ([0, 1], "no two images of a class")):
        with pytest.raises(ValueError, match=message):
            all_pairs(labels)
    with pytest.raises(ValueError, match="at_most must be 2 or more"):
        all_pairs([0, 0, 1], at_most=1)


def test_figures_are_scikit_learns(people):
    report = verify(pixels, people, fars=(0.1, 0.01), n_resamples=5)
    z = people.batch().flatten(1).double()
    first, second, same = all_pairs(people.labels)
    distance = (z[first] - z[second]).norm(dim=1)
    assert report.figures["AUC"] == pytest.approx(roc_auc_score(same, -distance), abs=1e-6)
    different = distance[same == 0].sort().values
    for far, name in ((0.1, "TAR at FAR 10%"), (0.01, "TAR at FAR 1%")):
        threshold = different[int(far * len(different)) - 1]
        tar = (distance[same == 1] <= threshold).double().mean().item()
        assert report.figures[name] == pytest.approx(tar, abs=0.003)
    assert f"30 people, {int(same.sum()):,} same pairs" in str(report)
    assert str(report).count("\n") == 5


def test_a_fixed_part_of_many_pairs(people):
    whole, part = (verify(pixels, people, n_pairs=n, n_resamples=3) for n in (200_000, 4000))
    assert len(part.distance) == 4000 and int(part.pairs.same.sum()) == 450
    assert part.figures["AUC"] == pytest.approx(whole.figures["AUC"], abs=0.02)


def test_intervals_hold_the_figure_and_shrink_with_the_people(people):
    few = people.select(people.labels < 10)
    widths = []
    for data in (few, people):
        report = verify(pixels, data, fars=(0.1,))
        for name, value in report.figures.items():
            low, high = report.intervals[name]
            assert low < value < high, name
        low, high = report.intervals["EER"]
        widths.append(high - low)
    assert widths[1] < widths[0]


def test_a_comparison_is_paired(people):
    """The same network with a little noise: clearly no better, though both intervals are wide."""
    generator = torch.Generator().manual_seed(0)

    def noisy(images):
        flat = images.flatten(1)
        return flat + 0.02 * torch.randn(flat.shape, generator=generator)

    def blind(images):
        return images[:, :, :4].flatten(1)

    ours, same, worse = (verify(e, people, fars=(0.1,)) for e in (pixels, noisy, blind))
    for name, (difference, low, high) in ours.minus(same).items():
        assert low < difference < high and high - low < 0.3 * np.ptp(ours.intervals[name])
    _, low, _ = ours.minus(worse)["AUC"]
    assert low > 0
    none = ours.minus(verify(pixels, people, fars=(0.1,)))
    assert all(values == (0, 0, 0) for values in none.values())
    with pytest.raises(ValueError, match="on other pairs"):
        ours.minus(verify(pixels, people, fars=(0.1,), n_pairs=1000))


def test_what_so_few_can_tell_is_said(people, caplog):
    few = people.select(people.labels < 3)
    report = verify(pixels, few, fars=(0.1, 0.001), n_resamples=5)
    assert list(report.figures) == ["AUC", "EER", "TAR at FAR 10%"]
    assert "108 different pairs cannot tell a FAR finer than 0.0093" in caplog.text
    assert "3 people are few" in caplog.text


def test_nan_and_one_person(people):
    with pytest.raises(ValueError, match="hold NaN"):
        verify(lambda images: pixels(images) * torch.nan, people)
    with pytest.raises(ValueError, match="one class"):
        verify(pixels, people.select(people.labels == 0))


def test_pca_keeps_the_distances_it_can(people):
    everything = PCAEmbedding(people, n_components=179)
    z, flat = embed_all(everything, people), people.batch().flatten(1)
    assert torch.allclose(torch.pdist(z), torch.pdist(flat), atol=1e-4)
    few = embed_all(PCAEmbedding(people, n_components=3), people)
    variances = np.linalg.svd(flat.numpy() - flat.numpy().mean(0), compute_uv=False)[:3] ** 2
    assert few.var(dim=0).numpy() * 179 == pytest.approx(variances, rel=1e-3)
    with pytest.raises(ValueError, match="180 images of 256 pixels have 180 directions"):
        PCAEmbedding(people, n_components=181)


def test_a_trained_network_is_told_from_pixels_on_a_set_that_is_not_square():
    """The whole way of a reader with photographs, on pictures of 20 x 28."""
    from siamese_lib.augment import RandomAffine
    from siamese_lib.losses import SupConLoss
    from siamese_lib.models import fast
    from siamese_lib.training import TrainingSettings, fit

    square = load_characters("glyphs", "small1")
    tall = LabelledImages(**{**vars(square), "images": square.images[:, :, :, 4:24]})
    train, test = tall.split_by_class(60, generator=0)
    torch.manual_seed(0)
    network = fast(size=(28, 20))
    augment = RandomAffine(fill="border", generator=0)
    settings = TrainingSettings(steps=30, lr=3e-3)
    fit(network, SupConLoss(), train, settings, augment=augment, progress=False)
    ours, theirs = (verify(e, test, fars=(0.01,)) for e in (network, pixels))
    assert ours.minus(theirs)["AUC"][1] > 0


def test_pictures_of_one_day_are_not_compared(people):
    """Here three makers made two pictures of each person, which are nearly the same."""
    days = replace(people, makers=people.makers // 2 + 3 * people.labels, maker_names=("day",) * 90)
    images = days.images.clone()
    images[1::2] = images[::2]
    days = replace(days, images=images)
    everything, apart = (
        verify(pixels, days, n_resamples=3, across_makers=across) for across in (False, True)
    )
    assert int(everything.pairs.same.sum()) == 30 * 15 and int(apart.pairs.same.sum()) == 30 * 12
    first, second, same = apart.pairs
    assert (days.makers[first] != days.makers[second])[same == 1].all()
    assert int((same == 0).sum()) == int((everything.pairs.same == 0).sum())
    assert apart.figures["AUC"] < everything.figures["AUC"]
    with pytest.raises(ValueError, match="nobody has pictures by two makers"):
        one_maker = replace(people, makers=people.makers * 0)
        verify(pixels, one_maker, across_makers=True)
