"""Retrieval measures against pytorch-metric-learning, scikit-learn and counting by hand."""

import pytest
import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
from pytorch_metric_learning.utils.inference import CustomKNN
from sklearn.metrics import top_k_accuracy_score

from draws import normal
from siamese_lib.data import LabelledImages
from siamese_lib.retrieval import (
    average_precision_at_r,
    evaluate_retrieval,
    nearest,
    r_precision,
    recall_at,
)

HITS = torch.tensor([[1, 0, 1, 0], [0, 1, 1, 1], [0, 0, 0, 1]]).bool()
MATES = torch.tensor([2, 3, 1])


def labelled(labels, makers=None, groups=None):
    labels = torch.as_tensor(labels)
    zeros = torch.zeros_like(labels)
    makers = zeros if makers is None else torch.as_tensor(makers)
    groups = zeros if groups is None else torch.as_tensor(groups)
    return LabelledImages(
        images=torch.zeros(len(labels), 1, 4, 4, dtype=torch.uint8),
        labels=labels,
        groups=groups,
        makers=makers,
        class_names=[f"class {n}" for n in range(int(labels.max()) + 1)],
        group_names=[f"group {n}" for n in range(int(groups.max()) + 1)],
        maker_names=[f"maker {n}" for n in range(int(makers.max()) + 1)],
    )


def test_by_hand():
    assert recall_at(HITS, 1).tolist() == [1, 0, 0]
    assert recall_at(HITS, 3).tolist() == [1, 1, 0]
    assert r_precision(HITS, MATES).tolist() == pytest.approx([1 / 2, 2 / 3, 0])
    expected = [1 / 2, (1 / 2 + 2 / 3) / 3, 0]
    assert average_precision_at_r(HITS, MATES).tolist() == pytest.approx(expected)


def uneven(seed, n=300):
    """Embeddings of classes of very different sizes, some of them of one picture."""
    labels = (normal(n, seed=seed).abs() * 12).long()
    return normal(n, 6, seed=seed + 1) + 0.7 * normal(60, 6, seed=seed + 2)[labels], labels


@pytest.mark.parametrize("seed", [0, 10, 20])
def test_against_pytorch_metric_learning(seed, caplog):
    z, labels = uneven(seed)
    _, sizes = labels.unique(return_counts=True)
    assert (sizes == 1).any(), "lonely pictures are part of the test"
    calculator = AccuracyCalculator(
        include=("precision_at_1", "r_precision", "mean_average_precision_at_r"),
        k="max_bin_count",
        knn_func=CustomKNN(LpDistance(normalize_embeddings=False)),
    )
    oracle = calculator.get_accuracy(z, labels)
    figures = evaluate_retrieval(z, labelled(labels)).figures
    assert figures["Recall@1"] == pytest.approx(oracle["precision_at_1"])
    assert figures["R-precision"] == pytest.approx(oracle["r_precision"])
    assert figures["MAP@R"] == pytest.approx(oracle["mean_average_precision_at_r"])
    assert f"{int((sizes == 1).sum())} of 300 pictures have no other one" in caplog.text


@pytest.mark.parametrize("k", [1, 2, 5])
def test_recall_against_scikit_learn(k):
    """With one picture of each class in the gallery, Recall@K is top-k accuracy."""
    gallery, queries = normal(12, 3), normal(40, 3, seed=1)
    labels = torch.arange(40) % 12
    hits = nearest(queries, gallery, k=5).indices == labels[:, None]
    oracle = top_k_accuracy_score(labels, -torch.cdist(queries, gallery), k=k)
    assert recall_at(hits, k).mean().item() == pytest.approx(oracle)


def test_perfect_and_hopeless():
    data = labelled([0, 0, 0, 1, 1, 1])
    perfect = evaluate_retrieval(torch.eye(2)[data.labels], data, ks=(1, 2))
    assert set(perfect.figures.values()) == {1.0}
    assert list(perfect.figures) == ["Recall@1", "Recall@2", "R-precision", "MAP@R"]
    z = torch.tensor([[0.0], [10], [20], [0.1], [10.1], [20.1]])
    assert evaluate_retrieval(z, data, ks=(1,)).figures["Recall@1"] == 0


def test_a_lonely_picture_stays_in_the_gallery():
    z = torch.tensor([[0.0], [1.0], [0.4]])  # the lonely one is nearest to both others
    report = evaluate_retrieval(z, labelled([0, 0, 1]), ks=(1, 2))
    assert report.queries.tolist() == [0, 1] and report.n_gallery == 3
    assert report.figures["Recall@1"] == 0 and report.figures["Recall@2"] == 1


def test_across_makers_leaves_out_the_own_session_of_the_class():
    z = torch.tensor([[0.0], [0.1], [3.0], [0.2], [9.0]])
    data = labelled([0, 0, 0, 1, 1], makers=[0, 0, 1, 0, 1])
    assert evaluate_retrieval(z, data, ks=(1,)).values["Recall@1"].tolist() == [1, 1, 0, 0, 0]
    report = evaluate_retrieval(z, data, ks=(1,), across_makers=True)
    assert report.n_mates.tolist() == [1, 1, 2, 1, 1]
    # Pictures 0 and 1 now meet the stranger 0.2 first; 2, by another maker, meets it first as well.
    assert report.values["Recall@1"].tolist() == [0, 0, 0, 0, 0]


def two_reports():
    labels = torch.arange(40).repeat_interleave(5)
    data = labelled(labels, groups=labels // 10)
    centres, noise = normal(40, 5, seed=7), normal(200, 5, seed=8)
    return [evaluate_retrieval(centres[labels] + s * noise, data) for s in (0.3, 0.8)]


def test_the_difference_is_paired():
    good, poor = two_reports()
    gain, low, high = good.minus(poor, "MAP@R")
    assert gain == pytest.approx(good.figures["MAP@R"] - poor.figures["MAP@R"])
    assert 0 < low < gain < high
    alone = [report.interval("MAP@R") for report in (good, poor)]
    assert high - low < sum((b - a) ** 2 for a, b in alone) ** 0.5
    assert good.minus(good, "MAP@R") == (0, 0, 0)


def test_intervals_against_students_over_equal_classes():
    good, _ = two_reports()
    of_class = good.values["R-precision"].view(40, 5).mean(dim=1)
    half = 2.02 * of_class.std().item() / 40**0.5
    low, high = good.interval("R-precision", n_resamples=4000)
    assert (low, high) == pytest.approx(
        (of_class.mean().item() - half, of_class.mean().item() + half), abs=0.15 * half
    )
    of_group = good.interval("R-precision", over="groups")
    assert of_group != (low, high) and of_group[0] < of_class.mean() < of_group[1]
    assert good.interval("R-precision", level=0.5)[0] > low


def test_the_report_says_what_it_is():
    good, _ = two_reports()
    text = str(good)
    assert "200 queries of 40 classes in a gallery of 200" in text
    assert f"MAP@R        {good.figures['MAP@R']:.3f}" in text and "over classes" in text


def test_one_class_has_no_interval_and_says_so():
    report = evaluate_retrieval(normal(4, 2), labelled([0, 0, 0, 0]), ks=(1,))
    assert "(one class)" in str(report)
    with pytest.raises(ValueError, match="over classes needs two or more of them, got 1"):
        report.interval("MAP@R")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: recall_at(HITS, 5), "k=5, but the rankings are 4 long"),
        (lambda: recall_at(HITS[:, :0], 1), r"hits must have shape \(Q, K\)"),
        (lambda: r_precision(HITS, MATES[:2]), "n_mates must hold 3 integers"),
        (lambda: r_precision(HITS, MATES - 1), "1 of 3 queries have no mate"),
        (lambda: average_precision_at_r(HITS, MATES + 2), "has 5 mates, but the rankings are 4"),
        (
            lambda: evaluate_retrieval(normal(3, 2), labelled([0, 1, 2])),
            "no class has two pictures",
        ),
        (
            lambda: evaluate_retrieval(normal(2, 2), labelled([0, 0]), ks=(1,), across_makers=True),
            "two pictures by two makers",
        ),
        (lambda: evaluate_retrieval(normal(4, 2), labelled([0, 0, 1])), "4 embeddings for 3"),
        (lambda: evaluate_retrieval(normal(3, 2), labelled([0, 0, 1])), "k=10, but the gal"),
        (lambda: evaluate_retrieval(normal(3, 2), labelled([0, 0, 1]), ks=(0,)), r"ks\[0\] must"),
        (lambda: two_reports()[0].interval("F1"), "measure must be one of Recall@1"),
        (lambda: two_reports()[0].interval("MAP@R", over="people"), "over must be one of classes"),
        (
            lambda: two_reports()[0].minus(
                evaluate_retrieval(normal(200, 2), labelled([0] * 100 + [1] * 100)), "MAP@R"
            ),
            "on other queries",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_hits_that_are_no_bools():
    with pytest.raises(TypeError, match="hits must be bool"):
        recall_at(HITS.float(), 1)


def test_a_tie_is_broken_by_the_order_of_the_gallery_in_all_measures():
    """Each at one place: the first two other pictures of the gallery are found."""
    labels = torch.tensor([0, 1, 0, 1, 1])
    values = evaluate_retrieval(torch.zeros(5, 2), labelled(labels), ks=(1, 2)).values
    assert values["Recall@1"].tolist() == [0, 0, 1, 0, 0]
    assert values["Recall@2"].tolist() == [1, 0, 1, 1, 1]
    assert values["R-precision"].tolist() == [0, 0, 1, 1 / 2, 1 / 2]
