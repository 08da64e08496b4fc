"""Each loss against a double loop in plain Python and against pytorch-metric-learning."""

import copy
import math

import pytest
import torch
from hypothesis import given, settings
from pytorch_metric_learning import distances, reducers
from pytorch_metric_learning import losses as oracle

from embedding_batches import batch, seeds
from siamese_lib.losses import (
    ArticleContrastiveLoss,
    BatchLoss,
    ContrastiveLoss,
    InfoNCELoss,
    LogisticPairLoss,
    NormalizedSoftmaxLoss,
    PairLoss,
    SupConLoss,
    TripletMarginLoss,
    all_triplets,
)
from siamese_lib.miners import PairMarginMiner

PLAIN = distances.LpDistance(normalize_embeddings=False)
SQUARED = distances.LpDistance(normalize_embeddings=False, power=2)


def distance(u, v):
    return math.sqrt(sum((a - b) ** 2 for a, b in zip(u.tolist(), v.tolist(), strict=True)))


def mean(values):
    return sum(values) / len(values)


def contrastive_by_hand(z, y, margin, squared=True):
    """Losses of the same pairs and of the different pairs, one by one."""
    same, different = [], []
    for i in range(len(z)):
        for j in range(i + 1, len(z)):
            d = distance(z[i], z[j])
            if y[i] == y[j]:
                same.append(d**2 if squared else d)
            else:
                gap = max(0.0, margin - d)
                different.append(gap**2 if squared else gap)
    return same, different


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_contrastive_is_the_double_loop(seed):
    z, y = batch(seed)
    for margin in (0.5, 3.0):
        for squared in (True, False):
            same, different = contrastive_by_hand(z, y, margin, squared)
            loss = ContrastiveLoss(margin, squared)
            assert loss(z, y).item() == pytest.approx(mean(same + different))
            balanced = ContrastiveLoss(margin, squared, balanced=True)
            expected = (mean(same) if same else 0) + (mean(different) if different else 0)
            assert balanced(z, y).item() == pytest.approx(expected)
            active = sum(term > 0 for term in same + different)
            assert loss.n_terms == len(same + different) == balanced.n_terms
            assert loss.n_active == active == balanced.n_active


def test_contrastive_of_pairs_is_that_of_the_batch():
    z, y = batch(3)
    first, second = torch.triu_indices(len(z), len(z), 1)
    loss = ContrastiveLoss(2.0)
    assert torch.allclose(
        loss.of_pairs(z[first], z[second], (y[first] == y[second]).float()), loss(z, y)
    )


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_contrastive_against_the_oracle(seed):
    z, y = batch(seed, n=20)
    # The oracle averages same and different pairs on their own, as balanced=True does.
    theirs = oracle.ContrastiveLoss(0, 1.5, distance=PLAIN, reducer=reducers.MeanReducer())
    ours = ContrastiveLoss(1.5, squared=False, balanced=True)
    # Its mean reducer counts every pair in both orders, which leaves the means as they are.
    assert torch.allclose(ours(z, y), theirs(z, y))


def test_article_has_the_half_in_the_formula_and_not_in_the_code():
    z, y = batch(4)
    different = (y != y.roll(1)).float()
    ours = ContrastiveLoss(2.0).of_pairs(z, z.roll(1, 0), 1 - different)
    formula = ArticleContrastiveLoss(2.0).of_pairs(z, z.roll(1, 0), different)
    code = ArticleContrastiveLoss(2.0, half=False).of_pairs(z, z.roll(1, 0), different)
    by_hand = mean(
        [
            0.5 * distance(a, b) ** 2 if y_ == 0 else 0.5 * max(0, 2 - distance(a, b)) ** 2
            for a, b, y_ in zip(z, z.roll(1, 0), different.tolist(), strict=True)
        ]
    )
    assert formula.item() == pytest.approx(by_hand)
    assert torch.allclose(2 * formula, code) and torch.allclose(code, ours)


def triplets_by_hand(y):
    n = range(len(y))
    return [(a, p, q) for a in n for p in n for q in n if a != p and y[a] == y[p] and y[a] != y[q]]


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_triplet_is_the_triple_loop(seed):
    z, y = batch(seed, n=9, n_classes=3)
    triplets = triplets_by_hand(y.tolist())
    assert set(zip(*(t.tolist() for t in all_triplets(y)), strict=True)) == set(triplets)
    for squared in (False, True):
        power = 2 if squared else 1
        terms = [
            max(0.0, distance(z[a], z[p]) ** power - distance(z[a], z[n]) ** power + 0.7)
            for a, p, n in triplets
        ]
        loss = TripletMarginLoss(0.7, squared=squared)
        assert loss(z, y).item() == pytest.approx(mean(terms))
        assert loss.n_terms == len(triplets) and loss.n_active == sum(t > 0 for t in terms)


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_triplet_against_the_oracle(seed):
    z, y = batch(seed, n=20)
    for squared, swap, smooth in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)):
        theirs = oracle.TripletMarginLoss(
            0.0 if smooth else 0.4,
            bool(swap),
            bool(smooth),
            distance=SQUARED if squared else PLAIN,
            reducer=reducers.MeanReducer(),
        )
        ours = TripletMarginLoss(0.4, swap=bool(swap), smooth=bool(smooth), squared=bool(squared))
        assert torch.allclose(ours(z, y), theirs(z, y)), (squared, swap, smooth)


def test_triplet_against_torch():
    a, p, n = (batch(seed)[0] for seed in range(3))
    for swap in (False, True):
        theirs = torch.nn.TripletMarginLoss(1.5, eps=0.0, swap=swap)
        ours = TripletMarginLoss(1.5, swap=swap)
        assert torch.allclose(ours.of_triplets(a, p, n), theirs(a, p, n))


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_supcon_against_the_oracle_and_by_hand(seed):
    z, y = batch(seed, n=16)
    unit = torch.nn.functional.normalize(z)
    terms = []
    for i in range(len(z)):
        mates = [j for j in range(len(z)) if j != i and y[j] == y[i]]
        e = {k: math.exp(float(unit[i] @ unit[k]) / 0.2) for k in range(len(z)) if k != i}
        if mates:
            terms.append(-mean([math.log(e[j] / sum(e.values())) for j in mates]))
    loss = SupConLoss(0.2)
    assert loss(z, y).item() == pytest.approx(mean(terms)) and loss.n_terms == len(terms)
    assert torch.allclose(loss(z, y), oracle.SupConLoss(0.2)(z, y), atol=1e-6)


def test_infonce_by_hand():
    z1, z2 = (torch.nn.functional.normalize(batch(seed, n=6)[0]) for seed in (1, 2))
    s = torch.exp(z1 @ z2.T / 0.3)
    forth = mean([-math.log(s[i, i] / s[i].sum()) for i in range(6)])
    back = mean([-math.log(s[i, i] / s[:, i].sum()) for i in range(6)])
    assert InfoNCELoss(0.3, symmetric=False).of_pairs(5 * z1, z2).item() == pytest.approx(forth)
    assert InfoNCELoss(0.3).of_pairs(z1, z2).item() == pytest.approx((forth + back) / 2)


def test_logistic_by_hand_and_in_both_forms():
    z, y = batch(5)
    z = torch.nn.functional.normalize(z)
    loss = LogisticPairLoss(4.0, 1.1)
    same, different = logistic_by_hand(z, y, 4.0, 1.1)
    terms = same + different
    assert loss(z, y).item() == pytest.approx(mean(terms), rel=1e-5)
    first, second = torch.triu_indices(len(z), len(z), 1)
    same = y[first] == y[second]
    assert torch.allclose(loss.of_pairs(z[first], z[second], same), loss(z, y))
    loss(z, y).backward()
    assert loss.log_scale.grad is not None and loss.midpoint.grad is not None


def logistic_by_hand(z, y, scale, midpoint):
    """Losses of the same pairs and of the different pairs, one by one."""
    same, different = [], []
    for i in range(len(z)):
        for j in range(i + 1, len(z)):
            p = 1 / (1 + math.exp(-scale * (midpoint - distance(z[i], z[j]) ** 2)))
            (same if y[i] == y[j] else different).append(-math.log(p if y[i] == y[j] else 1 - p))
    return same, different


def test_logistic_balanced_by_hand():
    z, y = batch(6)
    z = torch.nn.functional.normalize(z)
    same, different = logistic_by_hand(z, y, 1.0, 0.5)
    loss = LogisticPairLoss(1.0, 0.5, balanced=True)
    assert loss(z, y).item() == pytest.approx(mean(same) + mean(different), rel=1e-5)
    assert loss.n_terms == loss.n_active == len(same + different)
    plain = LogisticPairLoss(1.0, 0.5)
    assert plain(z, y).item() == pytest.approx(mean(same + different), rel=1e-5)


def contrastive_term(d, same, margin=2.0):
    return d**2 if same else max(0.0, margin - d) ** 2


def logistic_term(d, same, scale=2.0, midpoint=1.5):
    p = 1 / (1 + math.exp(-scale * (midpoint - d**2)))
    return -math.log(p if same else 1 - p)


@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize(
    ("make", "term"),
    [(ContrastiveLoss, contrastive_term), (LogisticPairLoss, logistic_term)],
    ids=["contrastive", "logistic"],
)
def test_only_the_pairs_of_the_miner_count(make, term, balanced):
    """Loops over the positive pairs, and over the negative ones."""
    z, y = batch(2)
    z = torch.nn.functional.normalize(z)
    mined = PairMarginMiner(1.2, 1.0)(z, y)
    positives = [term(distance(z[i], z[j]), True) for i, j in zip(*mined[:2], strict=True)]
    negatives = [term(distance(z[i], z[j]), False) for i, j in zip(*mined[2:], strict=True)]
    assert positives and negatives and len(positives) != len(negatives)
    loss = make(2.0, balanced=balanced) if make is ContrastiveLoss else make(2.0, 1.5, balanced)
    expected = mean(positives) + mean(negatives) if balanced else mean(positives + negatives)
    assert loss(z, y, mined).item() == pytest.approx(expected, rel=1e-5)
    assert loss.n_terms == len(positives + negatives)
    assert loss(z, y).item() != pytest.approx(expected, rel=1e-3), "that of all pairs is another"


def softmax(n_classes=4, temperature=0.2, dimensions=5):
    return NormalizedSoftmaxLoss(n_classes, dimensions, temperature, generator=0)


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_normalized_softmax_against_the_oracle(seed):
    z, y = batch(seed, dtype=torch.float32)
    z.requires_grad_()
    loss, theirs = softmax(), oracle.NormalizedSoftmaxLoss(4, 5, 0.2)
    theirs.W.data = loss.weight.detach().T.clone()
    value, expected = loss(z, y), theirs(z, y)
    assert torch.allclose(value, expected, atol=1e-6)
    ours = torch.autograd.grad(value, [z, loss.weight])
    others = torch.autograd.grad(expected, [z, theirs.W])
    assert torch.allclose(ours[0], others[0], atol=1e-6)
    assert torch.allclose(ours[1], others[1].T, atol=1e-6)
    assert loss.n_terms == loss.n_active == len(z)


def test_normalized_softmax_takes_the_labels_of_the_data():
    z, y = batch(8)
    names = torch.tensor([40, -3, 900, 7])  # whatever they are, in whatever order
    by_number, by_name = softmax(), NormalizedSoftmaxLoss(names, 5, 0.2)
    by_name.weight.data[by_name.places(names)] = by_number.weight.data
    assert torch.allclose(by_name(z, names[y]), by_number(z, y))
    assert by_name.places(torch.tensor([7, 8, -3, 901])).tolist() == [1, -1, 0, -1]


def test_normalized_softmax_learns_its_vectors():
    z, y = batch(9)
    loss = softmax().double()
    weight = loss.weight.detach().clone()
    assert torch.autograd.gradcheck(
        lambda w: torch.func.functional_call(loss, {"weight": w}, (z, y)),
        (weight.requires_grad_(),),
    )
    assert [name for name, _ in loss.named_parameters()] == ["weight"]
    assert set(loss.state_dict()) == {"weight", "classes"}
    first = NormalizedSoftmaxLoss(2000, 128).weight
    assert abs(first.mean()) < 0.01 and first.std().item() == pytest.approx(1, abs=0.01)
    same = NormalizedSoftmaxLoss(3, 4, generator=7), NormalizedSoftmaxLoss(3, 4, generator=7)
    assert torch.equal(same[0].weight, same[1].weight) and same[0].temperature == 0.05
    assert not torch.equal(same[0].weight, NormalizedSoftmaxLoss(3, 4, generator=8).weight)


@pytest.mark.parametrize(
    "make", [SupConLoss, InfoNCELoss, softmax], ids=["SupCon", "InfoNCE", "softmax"]
)
def test_what_takes_the_whole_batch_refuses_a_miner(make):
    z, y = batch(n=8)[0], torch.arange(8) // 2
    loss = make()
    with pytest.raises(ValueError, match=f"{type(loss).__name__} takes the whole batch"):
        loss(z, y, PairMarginMiner()(z, y))


@pytest.mark.parametrize("symmetric", [False, True])
def test_infonce_of_a_batch_is_that_of_its_pairs(symmetric):
    z = batch(n=10)[0]
    labels = torch.tensor([7, 3, 3, 0, 9, 7, 1, 0, 1, 9])
    first, second = [3, 6, 1, 0, 4], [7, 8, 2, 5, 9]  # classes 0, 1, 3, 7, 9
    loss = InfoNCELoss(0.4, symmetric)
    assert torch.allclose(loss(z, labels), loss.of_pairs(z[first], z[second]))
    assert loss.n_terms == 5
    assert InfoNCELoss().symmetric


@pytest.mark.parametrize(
    "labels",
    [[0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0], [0, 1, 2, 3], [0, 0, 0, 1, 1, 2]],
    ids=str,
)
def test_infonce_needs_two_images_of_each_class(labels):
    z = batch(n=len(labels), n_classes=2)[0]
    with pytest.raises(ValueError, match=f"got {len(labels)} images of {len(set(labels))} class"):
        InfoNCELoss()(z, torch.tensor(labels))


def test_a_loss_of_ones_own_gives_its_terms():
    class Distance(PairLoss):
        def terms(self, distance, same):
            return torch.where(same, distance, 0.0)

    z, y = torch.tensor([[0.0], [3.0], [4.0]]), torch.tensor([5, 5, 6])
    loss = Distance()
    assert loss.n_terms == 0 and loss.n_active == 0
    assert loss(z, y) == 1.0 and (loss.n_terms, int(loss.n_active)) == (3, 1)
    assert Distance(balanced=True)(z, y) == 3.0
    assert Distance(squared_distance=True)(z, y) == 3.0
    with pytest.raises(NotImplementedError):
        PairLoss()(z, y)
    with pytest.raises(NotImplementedError):
        BatchLoss()(z, y)


# Makers of losses, not losses: each test gets one of its own.
BATCH_LOSSES = {
    "contrastive": lambda: ContrastiveLoss(1.0),
    "contrastive, plain": lambda: ContrastiveLoss(1.0, squared=False),
    "contrastive, balanced": lambda: ContrastiveLoss(1.0, balanced=True),
    "triplet": lambda: TripletMarginLoss(0.2),
    "triplet, squared": lambda: TripletMarginLoss(0.2, squared=True),
    "triplet, smooth": lambda: TripletMarginLoss(smooth=True),
    "triplet, swap": lambda: TripletMarginLoss(0.2, swap=True),
    "logistic": LogisticPairLoss,
    "supervised contrastive": lambda: SupConLoss(0.2),
    "normalised softmax": lambda: NormalizedSoftmaxLoss(4, 5, 0.2, generator=0),
}


@pytest.fixture(params=BATCH_LOSSES)
def loss(request):
    return BATCH_LOSSES[request.param]()


def test_gradients(loss):
    z, y = batch(7, n=7, n_classes=3)
    assert torch.autograd.gradcheck(lambda x: loss.double()(x, y), (z.requires_grad_(),))


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_order_in_the_batch_does_not_matter(seed):
    z, y = batch(seed)
    order = torch.randperm(len(z), generator=torch.Generator().manual_seed(seed))
    for make in BATCH_LOSSES.values():
        loss = make()
        assert torch.allclose(loss(z, y), loss(z[order], y[order]))


@pytest.mark.parametrize("name", [n for n in BATCH_LOSSES if n != "normalised softmax"])
def test_names_of_the_classes_do_not_matter(name):
    loss, (z, y) = BATCH_LOSSES[name](), batch(2)  # a classifier is told the names: see above
    assert torch.allclose(loss(z, y), loss(z, 7 - 3 * y))


def test_identical_embeddings_give_finite_gradients(loss):
    z = torch.ones(6, 5, requires_grad=True)
    loss(z, torch.tensor([0, 0, 1, 1, 2, 2])).backward()
    assert z.grad.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_has_no_nan(loss, dtype):
    z, y = batch(3, dtype=torch.float32)
    z = z.to(dtype).requires_grad_()
    value = loss(z, y)
    value.backward()
    assert value.dtype == torch.float32 and value.isfinite() and z.grad.isfinite().all()
    assert torch.allclose(value, loss(z.detach().float(), y), rtol=1e-3)


def test_no_valid_term_gives_a_connected_zero_and_says_so():
    for loss in (TripletMarginLoss(), SupConLoss()):
        z = batch(n=4, dtype=torch.float32)[0].requires_grad_()
        value = loss(z, torch.arange(4))  # nobody has a mate
        value.backward()
        assert value == 0 and loss.n_terms == 0 and z.grad.eq(0).all()
    z = torch.ones(1, 3, requires_grad=True)
    for loss in (ContrastiveLoss(), ContrastiveLoss(balanced=True), LogisticPairLoss()):
        loss(z, torch.zeros(1, dtype=torch.int64)).backward()
        assert loss.n_terms == 0 and z.grad.eq(0).all()


def test_one_class_only():
    z, y = batch(n=5)[0].requires_grad_(), torch.zeros(5, dtype=torch.int64)
    assert TripletMarginLoss()(z, y) == 0
    assert ContrastiveLoss(balanced=True)(z, y) > 0
    assert SupConLoss()(z, y).isfinite()


def test_zero_beyond_the_margin():
    near, far = torch.zeros(2, 3), torch.full((2, 3), 5.0)
    loss = ContrastiveLoss(1.0)
    assert loss.of_pairs(near, far, torch.zeros(2)) == 0 and loss.n_active == 0
    assert TripletMarginLoss(0.2).of_triplets(near, near, far) == 0
    assert TripletMarginLoss(0.2, smooth=True).of_triplets(near, near, far) > 0


def test_contrastive_is_symmetric_in_its_twins():
    a, b = batch(1)[0], batch(2)[0]
    same = torch.arange(len(a)) % 2
    assert torch.equal(
        ContrastiveLoss().of_pairs(a, b, same), ContrastiveLoss().of_pairs(b, a, same)
    )


Z, Y = batch(dtype=torch.float32)
NAN = Z.clone()
NAN[3, 1] = math.nan
WRONG = {
    "(B, 1) truth": (
        lambda: ContrastiveLoss().of_pairs(Z, Z, Y[:, None] * 0),
        ValueError,
        r"\(14, 1\)",
    ),
    "truth of 2": (
        lambda: ContrastiveLoss().of_pairs(Z, Z, torch.full((14,), 2)),
        ValueError,
        "0 or 1",
    ),
    "pairs as a batch": (lambda: ContrastiveLoss()(Z, Z), TypeError, "labels must be an integer"),
    "triplets as a batch": (lambda: TripletMarginLoss()(Z, Z), TypeError, "labels must be an int"),
    "NaN": (lambda: SupConLoss()(NAN, Y), ValueError, "NaN or infinity in 1 of 14 rows"),
    "infinity": (lambda: TripletMarginLoss()(Z / 0, Y), ValueError, "in 14 of 14 rows"),
    "empty": (lambda: SupConLoss()(Z[:0], Y[:0]), ValueError, r"got \(0, 5\)"),
    "one dimension": (lambda: SupConLoss()(Z[0], Y), ValueError, r"got \(5,\)"),
    "integers": (lambda: SupConLoss()(Z.long(), Y), TypeError, "floating-point"),
    "labels too short": (lambda: SupConLoss()(Z, Y[:3]), ValueError, r"\(14,\).*got \(3,\)"),
    "float labels": (lambda: SupConLoss()(Z, Y.float()), TypeError, "labels must be an integer"),
    "shapes": (
        lambda: ContrastiveLoss().of_pairs(Z, Z[:, :3], Y * 0),
        ValueError,
        "shapes must be equal",
    ),
    "margin 0": (lambda: ContrastiveLoss(0), ValueError, "margin must be above 0, got 0"),
    "margin -1": (lambda: TripletMarginLoss(-1), ValueError, "margin must be 0 or more, got -1"),
    "NaN margin": (lambda: TripletMarginLoss(math.nan), ValueError, "margin must be 0 or more"),
    "temperature": (lambda: SupConLoss(0.0), ValueError, "temperature must be above 0"),
    "temperature of pairs": (lambda: InfoNCELoss(0.0), ValueError, "temperature must be above 0"),
    "shapes of pairs": (
        lambda: InfoNCELoss().of_pairs(Z, Z[:3]),
        ValueError,
        "shapes must be equal",
    ),
    "NaN in the first": (lambda: InfoNCELoss().of_pairs(NAN, Z), ValueError, "z1 hold NaN"),
    "NaN in the second": (lambda: InfoNCELoss().of_pairs(Z, NAN), ValueError, "z2 hold NaN"),
    "NaN in a first": (
        lambda: ContrastiveLoss().of_pairs(NAN, Z, Y * 0),
        ValueError,
        "z1 hold NaN",
    ),
    "NaN in a second": (
        lambda: ContrastiveLoss().of_pairs(Z, NAN, Y * 0),
        ValueError,
        "z2 hold NaN",
    ),
    "NaN negative": (
        lambda: TripletMarginLoss().of_triplets(Z, Z, NAN),
        ValueError,
        "negative hold NaN",
    ),
    "shapes of triplets": (
        lambda: TripletMarginLoss().of_triplets(Z, Z, Z[:1]),
        ValueError,
        "shapes must be equal",
    ),
    "temperature of classes": (
        lambda: NormalizedSoftmaxLoss(4, 5, 0.0),
        ValueError,
        "temperature must be above 0",
    ),
    "no classes": (lambda: NormalizedSoftmaxLoss(0, 5), ValueError, "classes must be an int"),
    "no size": (lambda: NormalizedSoftmaxLoss(4, 0), ValueError, "embedding_size must be an int"),
    "a class twice": (
        lambda: NormalizedSoftmaxLoss(Y, 5),
        ValueError,
        "a label twice.*labels.unique",
    ),
    "classes that are no integers": (
        lambda: NormalizedSoftmaxLoss(Z[0], 5),
        TypeError,
        "classes must be integers",
    ),
    "labels that are not listed": (
        lambda: NormalizedSoftmaxLoss(torch.tensor([0, 1, 9]), 5)(Z, Y),
        ValueError,
        r"labels \[2, 3\] are none of the 3 classes.*classes=data.classes",
    ),
    "another length": (
        lambda: NormalizedSoftmaxLoss(4, 6)(Z, Y),
        ValueError,
        r"embedding_size is 6.*\(14, 5\)",
    ),
    "scale": (lambda: LogisticPairLoss(-2.0), ValueError, "scale must be above 0"),
    "pairs for triplets": (
        lambda: TripletMarginLoss()(Z, Y, (Y, Y, Y, Y)),
        ValueError,
        r"\(a, p, n\), got 4",
    ),
    "triplets for pairs": (
        lambda: ContrastiveLoss()(Z, Y, (Y, Y, Y)),
        ValueError,
        r"\(a1, p, a2, n\), got 3",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_input_is_named(kind):
    call, error, message = WRONG[kind]
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("size", [1.0, 3e37])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_loss_of_nothing_is_zero_in_the_precision_of_its_batch(dtype, size):
    """0 times the sum of a batch is not: the sum may be infinite."""
    z = torch.full((4, 8), size, dtype=dtype, requires_grad=True)
    value = TripletMarginLoss()(z, torch.arange(4))
    value.backward()
    assert value == 0 and value.dtype == dtype and z.grad.eq(0).all()


@pytest.mark.parametrize("options", [{}, {"swap": True}, {"smooth": True}, {"squared": True}])
def test_few_mined_triplets_are_as_out_of_the_table(options, monkeypatch):
    z, y = batch(3, n=16)
    a, p, n = all_triplets(y)
    few = tuple(part[:: len(a) // 16] for part in (a, p, n))
    loss = TripletMarginLoss(**options)
    many = tuple(part.repeat(9) for part in few)  # the same mean, out of the table
    results = []
    for chosen in (many, few):
        given = z.clone().requires_grad_()
        value = loss(given, y, chosen)
        value.backward()
        results.append((value.detach(), given.grad))
    torch.testing.assert_close(results[0], results[1], atol=1e-6, rtol=1e-6)
    tables = []
    monkeypatch.setattr("siamese_lib.losses.triplet.all_distances", lambda *_: tables.append(1))
    loss(z, y, few)
    assert not tables, "few triplets need no table of all pairs"


def test_a_copy_of_a_loss_gives_the_same(loss):
    z, y = batch(7, n=7, n_classes=3)
    z = z.float()
    assert copy.deepcopy(loss)(z, y) == loss(z, y)


@pytest.mark.parametrize("n", [32, 512])
def test_all_triplets_come_in_order(n):
    labels = torch.arange(n) // (n // 8)
    a, p, n_ = all_triplets(labels)
    in_order = (a * n + p) * n + n_
    assert (in_order.diff() > 0).all()
    each = n // 8
    assert len(a) == n * (each - 1) * (n - each)
