"""Each miner against loops in plain Python and against pytorch-metric-learning."""

import math

import pytest
import torch
from hypothesis import given, settings
from pytorch_metric_learning import distances
from pytorch_metric_learning import miners as oracle

from embedding_batches import batch, seeds
from siamese_lib.losses import ContrastiveLoss, TripletMarginLoss
from siamese_lib.miners import BatchHardMiner, PairMarginMiner, TripletMarginMiner

PLAIN = distances.LpDistance(normalize_embeddings=False)
TYPES = ("all", "hard", "semihard", "easy")


def as_set(indices):
    rows = list(zip(*(index.tolist() for index in indices), strict=True))
    assert len(rows) == len(set(rows)), "nothing is mined twice"
    return set(rows)


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_batch_hard_is_the_loop_and_the_oracle(seed):
    z, y = batch(seed, n=18)
    mined = as_set(BatchHardMiner()(z, y))
    expected = set()
    for a in range(len(z)):
        gaps = [float((z[a] - z[b]).norm()) for b in range(len(z))]
        mates = [b for b in range(len(z)) if b != a and y[b] == y[a]]
        strangers = [b for b in range(len(z)) if y[b] != y[a]]
        if mates and strangers:
            farthest = max(mates, key=gaps.__getitem__)
            expected.add((a, farthest, min(strangers, key=gaps.__getitem__)))
    assert mined == expected == as_set(oracle.BatchHardMiner(distance=PLAIN)(z, y))


@pytest.mark.parametrize("kind", TYPES)
@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_triplet_miner_is_the_loop_and_the_oracle(kind, seed):
    z, y = batch(seed, n=14)
    margin = 0.6
    mined = as_set(TripletMarginMiner(margin, kind)(z, y))
    expected = set()
    for a, p, n in ((a, p, n) for a in range(14) for p in range(14) for n in range(14)):
        if a != p and y[a] == y[p] and y[a] != y[n]:
            gap = float((z[a] - z[n]).norm() - (z[a] - z[p]).norm())
            wanted = {
                "all": gap <= margin,
                "hard": gap <= 0,
                "semihard": 0 < gap <= margin,
                "easy": gap > margin,
            }
            if wanted[kind]:
                expected.add((a, p, n))
    theirs = oracle.TripletMarginMiner(margin, kind, distance=PLAIN)(z, y)
    assert mined == expected == as_set(theirs)


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_kinds_of_triplets_add_up(seed):
    z, y = batch(seed, n=14)
    kinds = {kind: as_set(TripletMarginMiner(0.5, kind)(z, y)) for kind in TYPES}
    assert kinds["hard"] | kinds["semihard"] == kinds["all"]
    assert not kinds["hard"] & kinds["semihard"] and not kinds["all"] & kinds["easy"]
    counts = y.bincount()
    assert len(kinds["all"] | kinds["easy"]) == int((counts * (counts - 1) * (14 - counts)).sum())


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_pair_miner_is_the_oracle(seed):
    z, y = batch(seed, n=18)
    ours = PairMarginMiner(1.5, 2.5)(z, y)
    theirs = oracle.PairMarginMiner(1.5, 2.5, distance=PLAIN)(z, y)
    assert as_set(ours[:2]) == as_set(theirs[:2]) and as_set(ours[2:]) == as_set(theirs[2:])


def test_losses_take_what_miners_give():
    z, y = batch(3)
    everything, mined = TripletMarginLoss(0.3), TripletMarginLoss(0.3)
    total = everything(z, y) * everything.n_terms
    kept = mined(z, y, TripletMarginMiner(0.3, "all")(z, y)) * mined.n_terms
    assert torch.allclose(total, kept), "what the miner leaves out has no loss"
    assert mined.n_terms == mined.n_active == everything.n_active
    pairs = ContrastiveLoss(2.0)
    assert pairs(z, y, PairMarginMiner(0.0, 2.0)(z, y)) > 0 and pairs.n_active == pairs.n_terms


# On a line, so that distances are whole numbers and a tie with a margin is one: 0 and 1 are of one
# class, 2 and 5 of the other.
LINE, OF_TWO = torch.tensor([[0.0], [1.0], [2.0], [5.0]]), torch.tensor([8, 8, 3, 3])


def test_pairs_at_a_margin_are_left_alone():
    mined = PairMarginMiner(pos_margin=1.0, neg_margin=4.0)(LINE, OF_TWO)
    assert as_set(mined[:2]) == {(2, 3), (3, 2)}
    assert as_set(mined[2:]) == {(0, 2), (2, 0), (1, 2), (2, 1)}


def test_triplets_whose_gap_is_a_margin_or_nothing():
    """Gaps are d_an - d_ap; of (1, 0, 2) it is 1 - 1, and of (0, 1, 2) it is 2 - 1."""
    mined = {kind: as_set(TripletMarginMiner(1.0, kind)(LINE, OF_TWO)) for kind in TYPES}
    hard = {(1, 0, 2), (2, 3, 0), (2, 3, 1)}
    assert mined["hard"] == hard
    assert mined["semihard"] == {(0, 1, 2), (3, 2, 1)}
    assert mined["all"] == hard | mined["semihard"]
    assert mined["easy"] == {(0, 1, 3), (1, 0, 3), (3, 2, 0)}


@pytest.mark.parametrize("make", [BatchHardMiner, TripletMarginMiner])
@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [0, 1, 2, 3], [5]], ids=str)
def test_no_triplet_without_two_classes_and_two_images(make, labels):
    z = torch.arange(float(len(labels)))[:, None]
    assert as_set(make()(z, torch.tensor(labels))) == set()


def test_batch_hard_on_a_line():
    expected = {(0, 1, 2), (1, 0, 2), (2, 3, 1), (3, 2, 1)}
    assert as_set(BatchHardMiner()(LINE, OF_TWO)) == expected
    assert as_set(BatchHardMiner()(LINE, torch.tensor([8, 8, 8, 3]))) == {
        (0, 2, 3),
        (1, 0, 3),
        (2, 0, 3),
    }


def test_far_from_the_origin_the_hardest_are_the_same():
    z, y = batch(4, n=40, dtype=torch.float32)
    assert as_set(BatchHardMiner()(z + 300, y)) == as_set(BatchHardMiner()((z + 300).double(), y))


def test_the_first_of_equally_far_ones():
    z = torch.tensor([[0.0], [2.0], [-2.0], [3.0], [-3.0]])
    mined = as_set(BatchHardMiner()(z, torch.tensor([4, 4, 4, 1, 1])))
    assert (0, 1, 3) in mined


@pytest.mark.parametrize("make", [BatchHardMiner, TripletMarginMiner, PairMarginMiner])
class TestEveryMiner:
    @pytest.fixture
    def miner(self, make):
        return make()

    def test_nothing_to_mine(self, miner):
        z = torch.zeros(4, 3)
        for labels in (torch.arange(4), torch.zeros(4, dtype=torch.int64)):
            indices = miner(z + torch.arange(4.0)[:, None] * 9, labels * 1)
            assert all(index.dtype == torch.int64 for index in indices)
        assert all(len(i) == 0 for i in miner(torch.ones(1, 3), torch.tensor([5])))

    def test_identical_embeddings(self, miner):
        miner(torch.ones(6, 3), torch.tensor([0, 0, 1, 1, 2, 2]))

    def test_no_gradient_is_kept(self, miner):
        z, y = batch()
        miner(z.requires_grad_(), y)
        assert z.grad is None

    def test_under_autocast_nothing_is_rounded(self, miner):
        z, y = batch(1, n=40, dtype=torch.float32)
        exact = miner(z, y)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            inside = miner(z, y)
        assert all(torch.equal(a, b) for a, b in zip(inside, exact, strict=True))

    def test_half_precision(self, miner):
        z, y = batch(dtype=torch.float32)
        exact = miner(z.bfloat16().float(), y)
        assert all(torch.equal(a, b) for a, b in zip(miner(z.bfloat16(), y), exact, strict=True))

    def test_bad_input(self, miner):
        z, y = batch()
        with pytest.raises(ValueError, match="NaN or infinity"):
            miner(z * math.nan, y)
        with pytest.raises(ValueError, match="one for each embedding"):
            miner(z, y[:3])
        with pytest.raises(TypeError, match="integer"):
            miner(z, y.double())


def test_wrong_settings():
    with pytest.raises(ValueError, match="type_of_triplets must be one of all"):
        TripletMarginMiner(type_of_triplets="semi-hard")
    with pytest.raises(ValueError, match="margin must be 0 or more"):
        TripletMarginMiner(-0.1)
    with pytest.raises(ValueError, match="neg_margin must be 0 or more"):
        PairMarginMiner(0.1, -1)
    PairMarginMiner(0, 0), TripletMarginMiner(0)
