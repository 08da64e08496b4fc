"""Each fault is planted once, and found by its name."""

import math

import pytest
import torch
from torch import nn

from siamese_lib.augment import RandomAffine
from siamese_lib.batch_indices import all_triplets, positive_pairs, same_class
from siamese_lib.diagnostics import LossOfPairs, check_batch, check_pairs, value_at_one_point
from siamese_lib.losses import (
    ArticleContrastiveLoss,
    ContrastiveLoss,
    InfoNCELoss,
    LogisticPairLoss,
    NormalizedSoftmaxLoss,
    SupConLoss,
    TripletMarginLoss,
)
from siamese_lib.models import UnitLength, fast
from siamese_lib.sampling import PairSampler

TRIPLET = TripletMarginLoss(0.2)


def network(*behind):
    return nn.Sequential(fast(out_features=16), *behind)


def names(images, labels, loss=TRIPLET, net=None, **others):
    return check_batch(net or network(), loss, images, labels, **others).names


def plain_triplet(z, labels, mean=torch.mean, root=torch.sqrt):
    """As a tutorial has it: an ordinary square root, and a mean of the reader's choice."""
    a, p, n = all_triplets(labels)
    d_ap = root((z[a] - z[p]).square().sum(1))
    d_an = root((z[a] - z[n]).square().sum(1))
    return mean((d_ap - d_an + 0.2).clamp(min=0))


def test_images(draw):
    images, labels = draw()
    assert names(255 * images, labels) == ("images-out-of-range",)
    assert names(images - 0.5, labels) == ("images-out-of-range",)
    blank = images.clone()
    blank[3] = 0.7
    assert names(blank, labels) == ("blank-images",)
    blank[3, 0, 2, 2] = math.nan
    assert names(blank, labels) == ("images-not-finite",)


def test_one_blank_picture_of_each_of_two_classes_is_no_conflict(draw):
    images, labels = draw()
    images[:8] = 0
    assert names(images, labels) == ("blank-images",)


def test_labels(draw):
    images, labels = draw()
    alone = torch.arange(len(labels))
    assert names(images, alone) == ("no-positives",)
    assert names(images, alone.clamp(max=20)) == ("lonely-images",)
    assert "no-negatives" in names(images, labels * 0)


def test_copies(draw):
    images, labels = draw()
    copied = images.clone()
    copied[1::4] = images[0::4]  # the second of each class is the first once more
    assert names(copied, labels) == ("repeated-images",)
    assert names(images[labels.argsort()].roll(2, 0)[:12].repeat(2, 1, 1, 1), labels) == (
        "conflicting-labels",
    )


@pytest.mark.parametrize(("paper", "fill"), [(0.0, 1.0), (1.0, 0.0), (0.0, 0.5)])
def test_fill_of_the_wrong_colour(draw, paper, fill):
    images, labels = draw()
    images = (images - paper).abs()
    augment = RandomAffine(fill=fill, generator=0)
    assert names(images, labels, augment=augment) == ("wrong-fill",)
    assert not names(images, labels, augment=RandomAffine(fill=paper, generator=0))
    assert not names(images, labels, augment=RandomAffine(fill="border", generator=0))


def test_noise_and_patches_are_no_fill(draw):
    images, labels = draw()

    def noise(x):
        return (x + 0.3 * torch.randn(x.shape)).clamp(0, 1)

    def patch(x):
        x = x.clone()
        for one in x:
            row, column = torch.randint(0, 20, (2,)).tolist()
            one[:, row : row + 8, column : column + 8] = 0.5
        return x

    for augment in (noise, patch):
        assert not names(images, labels, augment=augment)


class Constant(nn.Module):
    def __init__(self, value):
        super().__init__()
        self.weight = nn.Parameter(torch.full((8,), value))

    def forward(self, images):
        return self.weight + 0 * images.flatten(1)[:, :8]


def test_collapse(draw):
    found = names(*draw(), net=Constant(1.0))
    assert found[0] == "collapsed"
    assert names(*draw(), net=Constant(math.nan)) == ("embeddings-not-finite",)


def test_batch_norm_without_running_statistics(draw):
    net = network()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.track_running_stats = False
            module.running_mean = module.running_var = None
    assert names(*draw(), net=net) == ("batch-mates",)


def test_gradients(draw):
    images, labels = draw()

    def detached(z, labels):
        return TRIPLET(z.detach(), labels)

    assert names(images, labels, detached) == ("not-connected",)
    frozen = network().requires_grad_(False)
    assert names(images, labels, net=frozen) == ("not-connected",)

    def saturated(z, labels):
        return TRIPLET(z, labels) * 0 + 1

    assert "no-gradient" in names(images, labels, saturated)

    def broken(z, labels):
        return TRIPLET(z, labels) * math.nan

    assert "loss-not-finite" in names(images, labels, broken)


def test_the_square_root_at_zero(draw):
    images, labels = draw()
    assert {"nan-at-zero-distance", "half-underflow"} <= {*names(images, labels, plain_triplet)}
    images[1] = images[0]  # now it happens in the batch as well
    assert "gradient-not-finite" in names(images, labels, plain_triplet)


def test_a_known_value(draw):
    images, labels = draw()

    def no_margin(z, labels):
        return TripletMarginLoss(0.0)(z, labels)

    assert names(images, labels, no_margin, at_one_point=0.2) == ("wrong-known-value",)
    assert not names(images, labels, no_margin, at_one_point=0.0)


@pytest.mark.parametrize("m", [2, 4])
@pytest.mark.parametrize(
    "loss",
    [
        *(TripletMarginLoss(0.7), TripletMarginLoss(squared=True), TripletMarginLoss(smooth=True)),
        *(ContrastiveLoss(2.0), ContrastiveLoss(2.0, squared=False), SupConLoss(0.3)),
        *(ContrastiveLoss(2.0, balanced=True), ArticleContrastiveLoss(2.0), InfoNCELoss()),
        ArticleContrastiveLoss(2.0, half=False),
    ],
    ids=lambda loss: type(loss).__name__,
)
def test_values_at_one_point(loss, m):
    labels = torch.arange(5).repeat_interleave(m)
    if m == 4 and isinstance(loss, InfoNCELoss):
        return
    z = torch.ones(len(labels), 3)
    assert loss(z, labels).item() == pytest.approx(value_at_one_point(loss, labels), rel=1e-5)


def test_no_value_at_one_point_is_known_of_others():
    assert value_at_one_point(LogisticPairLoss(), torch.tensor([0, 0, 1])) is None
    for labels in ([0, 1, 2], [0, 0, 0]):
        assert value_at_one_point(TRIPLET, torch.tensor(labels)) is None


def test_a_mean_over_nothing(draw):
    def hand_made(z, labels):
        distance = torch.cdist(z, z, compute_mode="donot_use_mm_for_euclid_dist")
        positive, negative = positive_pairs(labels), ~same_class(labels)
        return distance[positive].square().mean() + (1 - distance[negative]).clamp(0).mean()

    assert "silent-empty-batch" in names(*draw(), hand_made)


def test_class_numbers_taken_for_answers(draw):
    def mixed_up(z, labels):
        return ((z.mean(1) - labels.float()) ** 2).mean()

    assert "label-numbers-matter" in names(*draw(), mixed_up)


def contrastive_of_hadsell(z1, z2, y):
    """Y = 1 means different, as in the article of 2006."""
    d = ((z1 - z2).square().sum(1) + 1e-9).sqrt()
    return ((1 - y) * d**2 + y * (1 - d).clamp(min=0) ** 2).mean()


def test_flipped_convention(draw):
    images, labels = draw()
    found = names(images, labels, LossOfPairs(contrastive_of_hadsell))
    assert "flipped-convention" in found

    def right(z1, z2, same):
        return contrastive_of_hadsell(z1, z2, 1 - same)

    assert "flipped-convention" not in names(images, labels, LossOfPairs(right))
    assert "flipped-convention" in names(images, labels, lambda z, y: -SupConLoss()(z, y))
    assert "flipped-convention" in names(
        images, labels, lambda z, y: -TRIPLET(z, y), net=network(UnitLength())
    )


def test_half_precision(draw):
    images, labels = draw()

    def in_half(z, labels):
        first, second = torch.triu_indices(len(z), len(z), 1)
        # An epsilon that keeps the root away from zero in 32 bits is itself zero in 16.
        distance = ((z[first] - z[second]).square().sum(1) + 1e-9).sqrt()
        same = labels[first] == labels[second]
        return torch.where(same, distance, (1 - distance).clamp(min=0)).mean()

    assert "half-underflow" in names(images, labels, in_half)
    assert "half-underflow" not in names(images, labels, lambda z, y: in_half(z.float(), y))


def test_means_over_terms_above_zero(draw):
    images, labels = draw()

    def over_active(terms):
        return terms.sum() / (terms > 0).sum().clamp(min=1)

    def root(squared):
        return (squared + 1e-12).sqrt()

    def active_only(z, labels):
        return plain_triplet(z, labels, over_active, root)

    def every(z, labels):
        return plain_triplet(z, labels, torch.mean, root)

    def summed(z, labels):
        return plain_triplet(z, labels, torch.sum, root)

    assert "mean-over-active" in names(images, labels, active_only)
    for loss in (every, summed):
        assert "mean-over-active" not in names(images, labels, loss)


@pytest.mark.parametrize(("column", "name"), [(True, "broadcast"), (False, "accepts-column")])
def test_broadcasting(draw, column, name):
    images, labels = draw()

    def contrastive(z1, z2, same):
        d = ((z1 - z2).square().sum(1, keepdim=column) + 1e-9).sqrt()
        return (same * d**2 + (1 - same) * (1 - d).clamp(min=0) ** 2).mean()

    report = check_batch(network(), LossOfPairs(contrastive), images, labels)
    assert {"broadcast", "accepts-column"} & {*report.names} == {name}
    assert "flipped-convention" not in report.names


def test_labels_that_broadcast_in_a_loss_of_a_batch(draw):
    def careless(z, labels):
        same = labels[:, None] == labels[None, :]
        distance = torch.cdist(z, z, compute_mode="donot_use_mm_for_euclid_dist")
        return torch.where(same, distance, (1 - distance).clamp(min=0)).mean()

    assert "accepts-column" in names(*draw(), careless)


@pytest.mark.parametrize(
    ("head", "loss", "found"),
    [
        (UnitLength(), ContrastiveLoss(2.5), True),
        (UnitLength(), TripletMarginLoss(2.5), True),
        (UnitLength(), TripletMarginLoss(2.5, squared=True), False),  # up to 4
        (UnitLength(), ContrastiveLoss(1.9), False),
        (nn.Sigmoid(), ContrastiveLoss(4.5), True),  # 16 numbers from 0 to 1: up to 4
        (nn.Sigmoid(), ContrastiveLoss(3.5), False),
        (nn.Tanh(), ContrastiveLoss(8.5), True),
        (nn.Tanh(), ContrastiveLoss(7.5), False),
        (nn.ReLU(), ContrastiveLoss(50.0), False),
        (nn.Identity(), ContrastiveLoss(50.0), False),
    ],
)
def test_a_bounded_head_under_a_margin(draw, head, loss, found):
    for seed in range(3):
        torch.manual_seed(seed)
        report = check_batch(network(head), loss, *draw(seed=seed))
        assert report.names == (("unreachable-margin",) if found else ()), report


def test_a_margin_that_is_told(draw):
    loss = LossOfPairs(lambda a, b, s: ContrastiveLoss(2.5).of_pairs(a, b, s))
    assert not names(*draw(), loss, network(UnitLength()))
    assert names(*draw(), loss, network(UnitLength()), margin=2.5) == ("unreachable-margin",)
    told = LossOfPairs(loss.function, margin=2.5)
    assert names(*draw(), told, network(UnitLength())) == ("unreachable-margin",)


def test_a_miner_chooses_for_the_gradient(draw):
    calls = []

    def miner(z, labels):
        calls.append(z.requires_grad)
        return all_triplets(labels)

    assert not names(*draw(), miner=miner)
    assert calls == [False]


def test_nothing_of_the_caller_changes(draw, train_data, global_state):
    images, labels = draw()
    net, loss = network().train(), NormalizedSoftmaxLoss(train_data.classes, 16, generator=0)
    before = [value.clone() for value in (*net.state_dict().values(), *loss.parameters())]
    state = global_state()
    check_batch(net, loss, images, labels, augment=lambda x: x + 0 * torch.rand(1))
    after = [*net.state_dict().values(), *loss.parameters()]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert net.training and loss.n_terms == 0 and global_state() == state
    assert all(p.grad is None for p in net.parameters())


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda x, y: (x.byte(), y), TypeError, "images must be floats .* uint8"),
        (lambda x, y: (x[0], y), ValueError, r"images must be \(B, C, H, W\)"),
        (lambda x, y: (x[:1], y[:1]), ValueError, "B > 1"),
        (lambda x, y: (x, y.float()), TypeError, "labels must be an integer tensor"),
        (lambda x, y: (x, y[:, None]), ValueError, r"labels must have shape \(24,\)"),
    ],
)
def test_bad_input(draw, change, error, words):
    with pytest.raises(error, match=words):
        names(*change(*draw()))


def test_bad_networks_and_losses(draw):
    with pytest.raises(ValueError, match=r"network must return embeddings \(B, D\), got"):
        names(*draw(), net=nn.Identity())
    with pytest.raises(ValueError, match="one embedding for each image, got 24 for 24|got 12"):
        names(*draw(), net=nn.Sequential(nn.Flatten(0), nn.Unflatten(0, (12, -1))))
    with pytest.raises(ValueError, match="loss must return one number"):
        names(*draw(), lambda z, y: z.mean(1))


@pytest.fixture
def pairs(train_data):
    drawn = PairSampler(train_data.labels, generator=0).sample(256)
    return train_data.batch(drawn.first), train_data.batch(drawn.second), drawn.same


@pytest.mark.parametrize("which", [0, 1])
def test_one_twin_augmented(pairs, which):
    x = list(pairs[:2])
    x[which] = RandomAffine(generator=0)(x[which])
    assert check_pairs(*x, pairs[2]).names == ("one-twin-augmented",)


def test_one_twin_darker(pairs):
    x1, x2, same = pairs
    assert check_pairs(x1, 0.9 * x2, same).names == ("one-twin-augmented",)


def test_flipped_labels(pairs):
    x1, x2, same = pairs
    assert check_pairs(x1, x2, 1 - same).names == ("flipped-labels",)


def test_one_kind_of_pair_and_copies(pairs):
    x1, x2, same = pairs
    kept = same == 1
    assert check_pairs(x1[kept], x2[kept], same[kept]).names == ("one-kind-of-pair",)
    assert check_pairs(x1[~kept], x2[~kept], same[~kept]).names == ("one-kind-of-pair",)
    assert (
        "identical-twins"
        in check_pairs(x1, torch.where(kept[:, None, None, None], x1, x2), same).names
    )


def test_few_pairs_say_little(pairs):
    x1, x2, same = pairs
    few = torch.tensor([0, 1, 2, -1, -2, -3])
    report = check_pairs(x1[few], 0.5 * x2[few], same[few])
    assert "first twins against second ones" not in report.looked_at


def test_bad_pairs(pairs):
    x1, x2, same = pairs
    with pytest.raises(ValueError, match=r"same must have shape \(256,\)"):
        check_pairs(x1, x2, same[:, None])
    with pytest.raises(ValueError, match="shapes must be equal"):
        check_pairs(x1, x2[:9], same)
    with pytest.raises(ValueError, match="0 or 1"):
        check_pairs(x1, x2, 2 * same)
