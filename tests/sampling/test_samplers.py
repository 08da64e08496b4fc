import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader, TensorDataset

from siamese_lib.sampling import EpisodeSampler, MPerClassSampler, PairSampler, TripletSampler

# 6 classes in groups of 4 and 2; each class drawn by 5 makers, class 0 twice by each.
LABELS = torch.tensor([0] * 10 + [c for c in range(1, 6) for _ in range(5)])
GROUPS = (LABELS >= 4).long()
MAKERS = torch.tensor([0, 1, 2, 3, 4] * 7)
seeds = st.integers(0, 2**32)


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(1, 5), st.integers(1, 6))
def test_p_by_k_batches(seed, m, n_classes):
    sampler = MPerClassSampler(LABELS, m, m * n_classes, generator=seed)
    batches = sampler.sample(8)
    assert batches.shape == (8, m * n_classes)
    for batch in batches:
        assert len(batch.unique()) == len(batch), "no image twice"
        assert LABELS[batch].unique(return_counts=True)[1].tolist() == [m] * n_classes
    assert torch.equal(
        MPerClassSampler(LABELS, m, m * n_classes, generator=seed).sample(8), batches
    )


def test_m_per_class_in_a_dataloader():
    sampler = MPerClassSampler(LABELS, 2, 8, length_before_new_iter=40, generator=0)
    assert len(sampler) == 40 == len(list(sampler))
    loader = DataLoader(TensorDataset(LABELS), batch_size=8, sampler=sampler)
    for (labels,) in loader:
        assert labels.unique(return_counts=True)[1].tolist() == [2] * 4


def test_m_per_class_uses_every_image():
    seen = MPerClassSampler(LABELS, 2, 8, generator=0).sample(500).unique()
    assert torch.equal(seen, torch.arange(35))


def test_lengths_of_a_loop():
    assert len(MPerClassSampler(LABELS, 2, 8)) == 32, "whole batches of the 35 images"
    assert len(MPerClassSampler(LABELS, 2, 8, length_before_new_iter=15)) == 8
    assert len(MPerClassSampler(LABELS, 2, 8, length_before_new_iter=1)) == 8, "one at least"


def test_one_by_default():
    assert MPerClassSampler(LABELS, 2, 8).sample().shape == (1, 8)
    assert EpisodeSampler(LABELS, 2, 1, 1).sample().support.shape == (1, 2, 1)


def test_just_enough_is_enough():
    assert MPerClassSampler(LABELS, 5, 30).sample().shape == (1, 30)
    assert EpisodeSampler(LABELS, 6, 3, 2).sample().query.shape == (1, 12)
    assert EpisodeSampler(LABELS, 6, 3, 2, makers=MAKERS).sample().query.shape == (1, 12)
    assert EpisodeSampler(LABELS, 4, 1, 1, groups=GROUPS).sample().query.shape == (1, 4)
    assert PairSampler([0, 0, 1, 1], groups=[3, 3, 3, 3]).sample(3).same.shape == (3,)


def test_pairs_within_groups_cover_all_of_them():
    first, second, same = PairSampler(LABELS, 0.0, GROUPS, generator=0).sample(5_000)
    assert not same.any() and PairSampler(LABELS, 1.0).sample(9).same.all()
    classes = torch.stack([LABELS[first], LABELS[second]]).unique(dim=1)
    assert classes.shape[1] == 4 * 3 + 2, "each ordered pair of classes of one group"
    anchors = LABELS[TripletSampler(LABELS, GROUPS, generator=0).sample(6_000).anchor].bincount()
    assert ((anchors - 1000.0) ** 2 / 1000).sum() < 20.5  # 0.1 % of chi-square, 5 degrees


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(1, 200), st.floats(0, 1), st.booleans())
def test_pairs(seed, n, fraction, grouped):
    groups = GROUPS if grouped else None
    first, second, same = PairSampler(LABELS, fraction, groups, generator=seed).sample(n)
    assert torch.equal(LABELS[first] == LABELS[second], same.bool())
    assert (first != second).all(), "no image with itself"
    assert same.sum() == round(n * fraction) and same.dtype == torch.float32
    if grouped:
        assert torch.equal(GROUPS[first], GROUPS[second])


def test_pairs_cover_everything_and_order_is_random():
    first, second, same = PairSampler(LABELS, generator=0).sample(60_000)
    together = torch.stack([first, second]).unique(dim=1)
    assert together.shape[1] == 35 * 34, "each ordered pair comes up"
    assert 0.4 < same[:30_000].mean() < 0.6


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(1, 200), st.booleans())
def test_triplets(seed, n, grouped):
    sampler = TripletSampler(LABELS, GROUPS if grouped else None, generator=seed)
    anchor, positive, negative = sampler.sample(n)
    assert (LABELS[anchor] == LABELS[positive]).all() and (anchor != positive).all()
    assert (LABELS[anchor] != LABELS[negative]).all()
    if grouped:
        assert (GROUPS[anchor] == GROUPS[negative]).all()


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(1, 4), st.integers(1, 2), st.integers(1, 3), st.booleans(), st.booleans())
def test_episodes(seed, n_way, n_shot, n_query, grouped, by_hand):
    sampler = EpisodeSampler(
        LABELS,
        n_way,
        n_shot,
        n_query,
        groups=GROUPS if grouped else None,
        makers=MAKERS if by_hand else None,
        generator=seed,
    )
    support, query, answer = sampler.sample(5)
    assert support.shape == (5, n_way, n_shot)
    assert query.shape == answer.shape == (5, n_way * n_query)
    ways = LABELS[support]
    assert (ways == ways[:, :, :1]).all(), "each way is one class"
    assert torch.equal(ways[:, :, 0].gather(1, answer), LABELS[query]), "answers are right"
    for episode in range(5):
        assert len(ways[episode, :, 0].unique()) == n_way
        images = torch.cat([support[episode].flatten(), query[episode]])
        assert len(images.unique()) == len(images), "support and query share no image"
        if grouped:
            assert len(GROUPS[images].unique()) == 1
        for way in range(n_way):
            hands = set(MAKERS[support[episode, way]].tolist())
            theirs = set(MAKERS[query[episode][answer[episode] == way]].tolist())
            assert not by_hand or not hands & theirs, "support and query by different makers"


# Makers 0 to 3 made everything in the first group, 1 to 4 in the second.
SOME = ~((GROUPS == 0) & (MAKERS == 4) | (GROUPS == 1) & (MAKERS == 0))
ALL_BY = {0: {0, 1, 2, 3}, 1: {1, 2, 3, 4}}


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(1, 2), st.integers(1, 2), st.booleans())
def test_makers_apart_over_the_episode(seed, n_shot, n_query, grouped):
    labels, groups, makers = LABELS[SOME], GROUPS[SOME], MAKERS[SOME]
    if n_shot + n_query == 4 and not grouped:
        n_query = 1  # three makers made every class of both groups
    sampler = EpisodeSampler(
        labels,
        2,
        n_shot,
        n_query,
        groups if grouped else None,
        makers,
        seed,
        makers_apart="episode",
    )
    support, query, answer = sampler.sample(20)
    assert torch.equal(labels[support][:, :, 0].gather(1, answer), labels[query])
    for examples, questions in zip(support, query, strict=True):
        by, of = (set(makers[images.flatten()].tolist()) for images in (examples, questions))
        assert (len(by), len(of)) == (n_shot, n_query) and not by & of
        assert (makers[examples] == makers[examples[:1]]).all(), "shot k of all ways by one maker"
        if grouped:
            assert by | of <= ALL_BY[int(groups[examples[0, 0]])]


def test_each_pair_of_makers_and_each_of_their_images_gets_its_turn():
    sampler = EpisodeSampler(LABELS, 6, 1, 1, makers=MAKERS, generator=0, makers_apart="episode")
    support, query, _ = sampler.sample(2_000)
    pairs = torch.stack([MAKERS[support[:, 0, 0]], MAKERS[query[:, 0]]], dim=1)
    times = pairs.unique(dim=0, return_counts=True)[1].double()
    assert len(times) == 5 * 4 and ((times - 100) ** 2 / 100).sum() < 43.8  # 0.1 %, 19 degrees
    assert torch.equal(support.unique(), torch.arange(35))


def test_the_right_answer_is_not_at_a_fixed_place():
    query_labels = EpisodeSampler(LABELS, 4, 1, 1, generator=0).sample(2_000).query_labels
    first = query_labels[:, 0].bincount().double()
    assert ((first - 500) ** 2 / 500).sum() < 16.3  # 0.1 % point of chi-square, 3 degrees


def test_ways_of_one_group_need_a_large_enough_group():
    support = EpisodeSampler(LABELS, 3, 1, 1, groups=GROUPS, generator=0).sample(100).support
    assert GROUPS[support].eq(0).all(), "the group of two classes is left out"


def test_every_image_gets_its_turn_with_makers():
    episodes = EpisodeSampler(LABELS, 6, 1, 1, makers=MAKERS, generator=0).sample(500)
    assert torch.equal(episodes.support.unique(), torch.arange(35))


def test_same_seed_same_episodes_and_global_state_untouched():
    state = torch.get_rng_state()
    one, two, other = (EpisodeSampler(LABELS, 3, 1, 1, generator=s).sample(9) for s in (7, 7, 8))
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    assert not torch.equal(one.support, other.support)
    assert torch.equal(torch.get_rng_state(), state)


WRONG = [
    (lambda: EpisodeSampler(LABELS, 7, 1, 1), ValueError, "n_way=7, but there are 6 classes"),
    (
        lambda: EpisodeSampler(LABELS, 2, 3, 3),
        ValueError,
        r"class 1 has 5 image\(s\), but 6 are needed \(5 of 6 are too small\)",
    ),
    (lambda: EpisodeSampler(LABELS, 2, 0, 1), ValueError, "n_shot must be an int of 1 or more"),
    (lambda: EpisodeSampler(LABELS, 2, 1, 0), ValueError, "n_query must be an int of 1 or more"),
    (lambda: EpisodeSampler(LABELS, 2, 1, 1).sample(0), ValueError, "n_episodes must be"),
    (
        lambda: EpisodeSampler(LABELS, 2, 1, 1, groups=[1, 2]),
        ValueError,
        "groups must hold 35 integers",
    ),
    (lambda: PairSampler(LABELS, groups=[1, 2]), ValueError, "groups must hold 35 integers"),
    (lambda: TripletSampler(LABELS).sample(0), ValueError, "n_triplets must be"),
    (lambda: MPerClassSampler(LABELS, 0, 8), ValueError, "m must be an int"),
    (lambda: PairSampler(LABELS, -0.1), ValueError, "same_fraction must be from 0 to 1"),
    (
        lambda: EpisodeSampler([4, 4, 7, 7], 1, 1, 1, groups=[0, 0, 0, 1]),
        ValueError,
        "class 7 has images in more than one group",
    ),
    (
        lambda: EpisodeSampler(LABELS, 2, 3, 3, makers=MAKERS),
        ValueError,
        r"class 1 has 5 image\(s\), but 6 are needed",
    ),
    (
        lambda: EpisodeSampler(LABELS[:10], 1, 3, 3, makers=MAKERS[:10]),
        ValueError,
        r"class 0 has 5 maker\(s\), but 6 are needed",
    ),
    (
        lambda: EpisodeSampler(LABELS, 5, 1, 1, groups=GROUPS),
        ValueError,
        "n_way=5, but the largest group has 4 classes",
    ),
    (
        lambda: EpisodeSampler(LABELS, 2, 1, 1, groups=MAKERS),
        ValueError,
        "class 0 has images in more than one group",
    ),
    (lambda: EpisodeSampler(LABELS, 0, 1, 1), ValueError, "n_way must be an int of 1 or more"),
    (lambda: EpisodeSampler(LABELS, 2, 1, 1, makers=[1, 2]), ValueError, "must hold 35 integers"),
    (
        lambda: EpisodeSampler(LABELS, 2, 1, 1, makers_apart="episode"),
        ValueError,
        'makers_apart="episode" needs makers',
    ),
    (
        lambda: EpisodeSampler(LABELS[SOME], 2, 2, 2, makers=MAKERS[SOME], makers_apart="episode"),
        ValueError,
        "needs 4 makers who made every class, but there are 3",
    ),
    (
        lambda: EpisodeSampler(LABELS, 2, 1, 1, makers=MAKERS, makers_apart="all"),
        ValueError,
        "makers_apart must be",
    ),
    (lambda: EpisodeSampler(LABELS.float(), 2, 1, 1), TypeError, "labels must be integers"),
    (lambda: EpisodeSampler(LABELS[:, None], 2, 1, 1), ValueError, r"got \(35, 1\)"),
    (lambda: EpisodeSampler([], 2, 1, 1), TypeError, "labels must be integers"),
    (lambda: EpisodeSampler(LABELS, 2, 1, 1, generator=0.5), TypeError, "generator must be"),
    (lambda: MPerClassSampler(LABELS, 4, 10), ValueError, "not a multiple of m=4"),
    (lambda: MPerClassSampler(LABELS, 2, 14), ValueError, "asks for 7 classes, but there are 6"),
    (lambda: MPerClassSampler(LABELS, 6, 6), ValueError, "class 1 has 5.*Use m=5 or less"),
    (lambda: PairSampler(LABELS, 1.5), ValueError, "same_fraction must be from 0 to 1"),
    (lambda: PairSampler(LABELS[:10]), ValueError, "labels hold one class"),
    (lambda: PairSampler([0, 0, 1]), ValueError, r"class 1 has 1 image\(s\), but 2"),
    (lambda: PairSampler(LABELS, groups=LABELS), ValueError, r"group 0 has 1 class\(es\), but 2"),
    (lambda: PairSampler(LABELS).sample(0), ValueError, "n_pairs must be"),
    (lambda: TripletSampler([0, 0, 0]), ValueError, "labels hold one class"),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_wrong_arguments_are_named(number):
    call, kind, message = WRONG[number]
    with pytest.raises(kind, match=message):
        call()


def test_no_batch_is_an_error_that_names_the_argument():
    with pytest.raises(ValueError, match="n_batches must be an int of 1 or more, got 0"):
        MPerClassSampler(LABELS, 2, 4, generator=0).sample(0)


def test_a_second_pass_is_another_one():
    sampler = MPerClassSampler(LABELS, 2, 8, generator=0)
    first, second = list(sampler), list(sampler)
    assert len(first) == len(second) and first != second
    for start in range(0, len(second), 8):
        labels = LABELS[torch.tensor(second[start : start + 8])]
        assert labels.unique(return_counts=True)[1].tolist() == [2] * 4


def test_names_are_no_labels():
    with pytest.raises(TypeError, match="labels must be integers, got \\['apple', 'pear'"):
        MPerClassSampler(["apple", "pear"] * 40, 2, 4)
