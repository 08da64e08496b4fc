from dataclasses import replace

import pytest
import torch
from scipy.stats import binomtest
from torch import nn

from siamese_lib.data.lake_trials import trials_from
from siamese_lib.evaluation import (
    ConstantScorer,
    EmbeddingScorer,
    ModifiedHausdorffScorer,
    OneShotResult,
    as_scorer,
    episode_sampler,
    evaluate_lake,
    one_shot_accuracy,
    pixels,
)
from siamese_lib.evaluation.result import (
    GroupScore,
    credit_of,
    interval_over_episodes,
    scores_by_group,
    wilson_interval,
)
from siamese_lib.metrics import mean_and_interval
from siamese_lib.models import fast
from siamese_lib.sampling import EpisodeSampler
from siamese_lib.training import OneShotValidation


def accuracy_by_loops(embed, data, n_way, n_shot, n_query, groups, n_episodes, seed):
    """Every question on its own, in plain Python."""
    sampler = EpisodeSampler(data.labels, n_way, n_shot, n_query, groups, data.makers, seed)
    support, query, answer = sampler.sample(n_episodes)
    right = 0
    for episode in range(n_episodes):
        for q, a in zip(query[episode].tolist(), answer[episode].tolist(), strict=True):
            z = embed(data.batch([q]))[0]
            nearest = [
                min((embed(data.batch([s]))[0] - z).norm().item() for s in way)
                for way in support[episode].tolist()
            ]
            right += nearest.index(min(nearest)) == a
    return right / query.numel()


@pytest.mark.parametrize("protocol", ["unstructured", "within_alphabet"])
@pytest.mark.parametrize("n_shot", [1, 2])
def test_episodes_are_the_loops(glyphs, protocol, n_shot):
    groups = glyphs.groups if protocol == "within_alphabet" else None
    settings = {"n_way": 5, "n_shot": n_shot, "n_query": 2, "n_episodes": 20}
    result = one_shot_accuracy(pixels, glyphs, protocol=protocol, generator=4, **settings)
    slow = accuracy_by_loops(pixels, glyphs, 5, n_shot, 2, groups, 20, 4)
    assert result.accuracy == pytest.approx(slow)
    assert result.low < result.accuracy < result.high
    assert result.n_questions == 20 * 5 * 2


def test_embeddings_that_are_there_give_the_same(glyphs):
    z = pixels(glyphs.batch())
    settings = {"n_way": 5, "n_episodes": 10, "n_shot": 2}
    there, anew = (one_shot_accuracy(s, glyphs, **settings) for s in (z, pixels))
    assert torch.equal(there.credit, anew.credit)
    with pytest.raises(ValueError, match=r"embeddings must have shape \(144, D\)"):
        one_shot_accuracy(z[1:], glyphs, n_way=5)
    with pytest.raises(ValueError, match="embeddings must have shape"):
        one_shot_accuracy(glyphs.batch(), glyphs, n_way=5)


def test_pieces_do_not_change_the_answer(glyphs, monkeypatch):
    whole = one_shot_accuracy(pixels, glyphs, n_way=5, n_episodes=30)
    monkeypatch.setattr("siamese_lib.evaluation.one_shot.AT_ONCE", 60)
    assert torch.equal(
        one_shot_accuracy(pixels, glyphs, n_way=5, n_episodes=30).credit, whole.credit
    )


def test_perfect_on_what_is_known_and_by_alphabet(known):
    result = one_shot_accuracy(pixels, known, n_way=3, n_episodes=50, protocol="within_alphabet")
    # All right over 50 episodes is no proof of perfection.
    assert result.accuracy == 1.0 and result.high == 1.0
    assert result.low == pytest.approx(wilson_interval(1.0, result.n_questions)[0])
    assert set(result.groups) == {"first", "second"}
    assert sum(score.n for score in result.groups.values()) == result.n_questions


@pytest.mark.parametrize("n_way", [2, 5, 20])
def test_a_constant_scorer_gets_exactly_one_in_n(glyphs, n_way):
    assert one_shot_accuracy(
        ConstantScorer(), glyphs, n_way=n_way, n_episodes=13
    ).accuracy == pytest.approx(1 / n_way, abs=1e-7)
    assert one_shot_accuracy(
        ConstantScorer(), glyphs, n_way=n_way, n_shot=2, n_query=3, n_episodes=7
    ).accuracy == pytest.approx(1 / n_way, abs=1e-7)


def test_ties_share_the_credit_wherever_the_answer_stands():
    similarity = torch.tensor([[[1.0, 1, 0], [1, 1, 0], [1, 1, 1], [0, 2, 1]]])
    credit, predicted = credit_of(similarity, torch.tensor([[0, 2, 1, 1]]))
    assert credit.tolist() == [[0.5, 0, pytest.approx(1 / 3), 1]]
    assert predicted.tolist() == [[0, 0, 0, 1]]


def test_nan_raises_and_says_how_many(glyphs):
    def broken(images):
        z = pixels(images).clone()
        z[0] = float("nan")
        return z

    with pytest.raises(ValueError, match=r"NaN or infinity for \d+ of \d+ comparisons"):
        one_shot_accuracy(broken, glyphs, n_way=24, n_episodes=40)
    with pytest.raises(ValueError, match="NaN"):
        OneShotValidation(glyphs, n_way=24)(broken)


def test_infinity_is_no_tie(glyphs):
    far = pixels(glyphs.batch())
    far[3] = float("inf")
    with pytest.raises(ValueError, match="infinity"):
        one_shot_accuracy(far, glyphs, n_way=24, n_episodes=40)


def test_far_from_the_origin_nothing_changes(glyphs):
    z = 0.01 * pixels(glyphs.batch())
    here, there = (
        one_shot_accuracy(embeddings, glyphs, n_way=24, n_episodes=40).accuracy
        for embeddings in (z, z + 30)
    )
    assert there == pytest.approx(here, abs=0.02)


def test_embeddings_in_16_bits(glyphs):
    z = pixels(glyphs.batch())
    half = one_shot_accuracy(z.to(torch.bfloat16), glyphs, n_way=5, n_episodes=50)
    assert half.accuracy == pytest.approx(
        one_shot_accuracy(z, glyphs, n_way=5, n_episodes=50).accuracy, abs=0.05
    )


def test_each_image_is_embedded_once(glyphs):
    seen = []

    def counting(images):
        seen.append(len(images))
        return pixels(images)

    one_shot_accuracy(counting, glyphs, n_way=5, n_episodes=200)
    assert sum(seen) == len(glyphs)


def test_support_and_query_share_neither_image_nor_maker(known):
    # Each maker draws every class alike, and nobody else does: with shared makers all is right.
    by_maker = known.images.clone().zero_()
    by_maker[torch.arange(24), 0, known.labels, known.makers] = 255
    data = replace(known, images=by_maker)
    # Any two drawings of a class differ in one pixel, as do those of two classes: all is a tie.
    assert one_shot_accuracy(pixels, data, n_way=6, n_episodes=50).accuracy == pytest.approx(1 / 6)


def test_makers_apart_over_the_episode(known):
    # What a picture shows is who made it: every wrong example by the query's hand fits it exactly.
    by_maker = known.images.clone().zero_()
    by_maker[torch.arange(24), 0, known.makers, 0] = 255
    data = replace(known, images=by_maker)
    settings = {"n_way": 6, "n_episodes": 200}
    mixed = one_shot_accuracy(pixels, data, **settings)
    apart = one_shot_accuracy(pixels, data, makers_apart="episode", **settings)
    assert mixed.accuracy < 0.12 < apart.accuracy
    assert apart.accuracy == pytest.approx(1 / 6), "one hand made all examples: a tie"
    assert "other makers than all queries" in apart.protocol and "makers" not in mixed.protocol


def test_a_set_without_makers_can_be_measured(known):
    data = replace(known, makers=torch.zeros(24, dtype=torch.int64))
    assert one_shot_accuracy(pixels, data, n_way=6, n_episodes=5).accuracy == 1.0


def test_prototypes_are_means(glyphs):
    result = one_shot_accuracy(
        pixels, glyphs, n_way=4, n_shot=3, n_episodes=1, combine="prototype", generator=0
    )
    support, query, answer = EpisodeSampler(glyphs.labels, 4, 3, 1, None, glyphs.makers, 0).sample(
        1
    )
    means = glyphs.batch(support[0]).mean(dim=1).flatten(1)
    nearest = torch.cdist(glyphs.batch(query[0]).flatten(1), means).argmin(1)
    assert result.accuracy == pytest.approx((nearest == answer[0]).float().mean().item())
    assert result.interval == "Wilson"


def test_batch_norm_does_not_see_the_batch(glyphs):
    network = nn.Sequential(fast(size=20)).train()
    one_shot_accuracy(network, glyphs, n_way=5, n_episodes=2)
    assert network.training
    assert torch.equal(network[0].convolutions[1].running_mean, torch.zeros(32))


def test_scores_of_groups_are_means_and_the_hardest_comes_first():
    credit = torch.tensor([[1.0, 0.5, 0.0], [1.0, 1.0, 0.25]])
    group = torch.tensor([[3, 1, 1], [3, 1, 0]])
    scores = scores_by_group(credit, group, ("a", "b", "nobody", "d"))
    assert list(scores.items()) == [
        ("a", GroupScore(0.25, 1)),
        ("b", GroupScore(0.5, 3)),
        ("d", GroupScore(1.0, 2)),
    ]


def test_groups_are_those_of_the_right_answers(glyphs):
    """Every question on its own: its credit goes to the alphabet of its query."""
    result = one_shot_accuracy(pixels, glyphs, n_way=5, n_episodes=40, generator=2)
    sampler = EpisodeSampler(glyphs.labels, 5, 1, 1, None, glyphs.makers, 2)
    query = sampler.sample(40).query.flatten()
    credits = {}
    for row, credit in zip(query.tolist(), result.credit.flatten().tolist(), strict=True):
        name = glyphs.group_names[glyphs.groups[row]]
        credits.setdefault(name, []).append(credit)
    assert len(credits) == 3
    for name, values in credits.items():
        assert result.groups[name] == pytest.approx((sum(values) / len(values), len(values)))
    accuracies = [score.accuracy for score in result.groups.values()]
    assert accuracies == sorted(accuracies)


def test_interval_is_students_over_the_means_of_episodes():
    credit = torch.tensor([[1.0, 0.0, 0.5], [1.0, 1.0, 0.5], [0.0, 0.5, 0.5]])
    expected = mean_and_interval([0.5, 2.5 / 3, 1 / 3])[1:]
    low, high = interval_over_episodes(credit)
    assert (low, high) == pytest.approx((max(0, expected[0]), min(1, expected[1])))
    few = torch.tensor([[1.0, 0.9], [1.0, 1.0]])
    assert interval_over_episodes(few)[1] == 1 and interval_over_episodes(1 - few)[0] == 0
    alike = torch.full((3, 2), 0.5)
    assert interval_over_episodes(alike) == (0.5, 0.5)
    for share in (0.0, 1.0):
        all_alike = torch.full((3, 2), share)
        assert interval_over_episodes(all_alike) == pytest.approx(wilson_interval(share, 6))


def test_what_is_asked_by_default(glyphs):
    result = one_shot_accuracy(pixels, glyphs)
    assert (result.n_way, result.n_shot, result.n_episodes) == (20, 1, 1000)
    assert result.n_questions == 20_000 and result.interval == "over 1,000 episodes"
    assert result.protocol.startswith("unstructured")
    again = one_shot_accuracy(pixels, glyphs, generator=0)
    assert torch.equal(result.credit, again.credit)


def test_episodes_of_one_query_and_one_example_by_default(glyphs):
    support, query, _ = episode_sampler(glyphs, 5).sample()
    assert support.shape == (1, 5, 1) and query.shape == (1, 5)
    first, again = (episode_sampler(glyphs, 5, **g).sample(9) for g in ({}, {"generator": 0}))
    assert torch.equal(first.query, again.query)


def test_two_episodes_are_enough_for_their_interval(glyphs):
    two = one_shot_accuracy(pixels, glyphs, n_way=5, n_episodes=2)
    one = one_shot_accuracy(pixels, glyphs, n_way=5, n_episodes=1)
    assert two.interval == "over 2 episodes" and one.interval == "Wilson"
    assert (one.low, one.high) == pytest.approx(wilson_interval(one.accuracy, 5))


def test_images_are_embedded_512_at_a_time():
    seen = []

    def counting(images):
        seen.append(len(images))
        return images.flatten(1)

    EmbeddingScorer(counting).prepare(torch.zeros(513, 1, 2, 2))
    assert seen == [512, 1]


def test_a_result_cannot_be_changed_and_is_compared_as_an_object(known):
    result = one_shot_accuracy(pixels, known, n_way=3, n_episodes=2)
    with pytest.raises(AttributeError):
        result.accuracy = 1.0
    assert result == result and result != replace(result)
    assert not any(f"{name}=" in repr(result) for name in ("credit", "groups", "predicted"))


def test_similarity_of_embeddings_is_minus_their_distance():
    generator = torch.Generator().manual_seed(0)
    query = torch.randn(2, 3, 5, generator=generator)
    support = torch.randn(2, 4, 5, generator=generator)
    table = EmbeddingScorer(pixels).similarity(query, support)
    expected = -(query[:, :, None] - support[:, None]).norm(dim=-1)
    assert torch.allclose(table, expected, atol=1e-5)


@pytest.mark.parametrize(("right", "n"), [(0, 20), (7, 20), (369, 400), (400, 400)])
def test_wilson_against_scipy(right, n):
    oracle = binomtest(right, n).proportion_ci(0.95, method="wilson")
    assert wilson_interval(right / n, n) == pytest.approx((oracle.low, oracle.high))


def test_interval_over_episodes_covers(glyphs):
    """Of 60 intervals from few episodes, most hold the value of very many."""
    truth = one_shot_accuracy(pixels, glyphs, n_way=5, n_episodes=5000, generator=1).accuracy
    held = 0
    for seed in range(60):
        r = one_shot_accuracy(pixels, glyphs, n_way=5, n_episodes=60, generator=100 + seed)
        held += r.low <= truth <= r.high
    assert 52 <= held <= 60


def test_result_reads_as_a_line_and_as_a_table(known):
    result = one_shot_accuracy(pixels, known, n_way=3, n_episodes=4)
    assert isinstance(result, OneShotResult)
    line = str(result)
    assert line.startswith("100.0 % (95 % interval 75.8 to 100.0, over 4 episodes), 3-way 1-shot")
    assert "guessing gives 33.3 %" in line and "known" in line
    table = result._repr_html_()
    assert "<td>first</td>" in table and table.count("<tr>") == 3
    assert result.as_dict() == {"accuracy": 1.0, "low": 0.75751, "high": 1.0}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"protocol": "official"}, "unstructured, within_alphabet, got 'official'"),
        ({"combine": "sum"}, "nearest, prototype, got 'sum'"),
        ({"n_way": 25}, "n_way=25, but there are 24 classes"),
        ({"n_way": 10, "protocol": "within_alphabet"}, "largest group has 9"),
        ({"n_shot": 6}, "6 image"),
        ({"n_episodes": 0}, "n_episodes must be an int of 1 or more, got 0"),
    ],
)
def test_wrong_arguments_are_named(glyphs, arguments, message):
    with pytest.raises(ValueError, match=message):
        one_shot_accuracy(pixels, glyphs, **{"n_way": 5, **arguments})


def test_what_cannot_score():
    with pytest.raises(TypeError, match="got int"):
        as_scorer(3)


def test_trials_of_a_set_that_has_too_few_alphabets(glyphs):
    with pytest.raises(ValueError, match="10 are needed"):
        evaluate_lake(pixels, trials_from(glyphs, seed=0))


def test_a_prototype_needs_embeddings(glyphs):
    with pytest.raises(ValueError, match="features of ModifiedHausdorffScorer have no meaningful"):
        one_shot_accuracy(
            ModifiedHausdorffScorer(), glyphs, 5, 2, n_episodes=2, combine="prototype"
        )
