"""The exam: the model as it is handed over, its data, and the reader's own way to measure."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from siamese_lib.batch_indices import positive_pairs
from siamese_lib.checks import check_counts
from siamese_lib.data import LabelledImages
from siamese_lib.diagnostics.batch import COLLAPSED, look_at_batch_mates
from siamese_lib.diagnostics.measures import Measure, look_at_measure
from siamese_lib.diagnostics.overfit import in_order
from siamese_lib.diagnostics.report import Report
from siamese_lib.diagnostics.split import look_at_episodes, look_at_split
from siamese_lib.diagnostics.trying import (
    Loss,
    check_output,
    copied,
    device_of,
    relative_spread,
    value_of,
)
from siamese_lib.evaluation import one_shot_accuracy
from siamese_lib.randomness import lent_generators
from siamese_lib.sampling import Episodes

AT_ONCE = 256
N_EPISODES = 200


def examine(
    model: nn.Module | Callable[[Tensor], Tensor],
    data: LabelledImages,
    *,
    train: LabelledImages | None = None,
    loss: Loss | None = None,
    episodes: Episodes | None = None,
    measure: Measure | None = None,
    n_way: int = 20,
    n_classes: int = 60,
    seed: int = 0,
) -> Report:
    """Look at a model as it is handed over, at the data of its exam, and at the exam.

    The model is used in the mode that it is in: a network that is still in training mode answers in
    training mode, and that is one of the things to find. It is copied, and the global generators
    given back as they were.

    Args:
        model: images ``(B, C, H, W)`` to embeddings ``(B, D)``: a network or a function.
        data: what it is measured on.
        train: what it was trained on; shared classes, groups and pictures are looked for.
        loss: what it was trained with; tells a collapse by the loss's own scale.
        episodes: the exam's questions, indices into ``data``.
        measure: the exam itself, a function of a model that returns an accuracy, 0 to 1. It is
            given models that know nothing, and asked twice.
        n_way: choices of a question, at which guessing gives ``1 / n_way``. Where ``data`` has
            fewer classes, the check's own questions have as many as there are.
        n_classes: how many classes, drawn at random, are embedded.
        seed: of what is drawn.

    Returns:
        The report. Its findings may be ``training-mode``, ``batch-mates``,
        ``changes-between-calls``, ``embeddings-not-finite``, ``collapsed``, ``saturated``,
        ``ties``, ``chance``, ``upside-down``, ``copies-in-the-data``, ``shared-pictures``,
        ``shared-classes``, ``shared-groups``, ``answer-at-one-place``, ``query-in-support``,
        ``unseeded-exam``, ``marks-for-nothing``, ``nan-passes``, ``scale-matters``.

    Raises:
        ValueError: numbers below 1, or a model that returns no embeddings ``(B, D)``.
    """
    check_counts(n_way=n_way, n_classes=n_classes)
    report = Report(f"examine on {data.name}")
    look_at_split(report, data, train)
    if episodes is not None:
        look_at_episodes(report, episodes)
    model = copied(model)
    part = _some_classes(data.to(device_of(model, data.device)), n_classes, seed)
    with torch.no_grad(), lent_generators(seed, part.device):
        look_at_model(report, model, part, loss, n_way, seed)
        if measure is not None:
            look_at_measure(report, measure, model, n_way)
    return report


def _some_classes(data: LabelledImages, n_classes: int, seed: int) -> LabelledImages:
    classes = data.classes.cpu()
    order = torch.randperm(len(classes), generator=torch.Generator().manual_seed(seed))
    chosen = classes[order[:n_classes]].to(data.device)
    return data.select(torch.isin(data.labels, chosen))


def look_at_model(
    report: Report,
    model: Callable[[Tensor], Tensor],
    data: LabelledImages,
    loss: Loss | None,
    n_way: int,
    seed: int,
) -> None:
    """The embeddings of some classes, and the answers that follow from them."""
    images = data.batch()
    few = images[:: max(1, len(images) // 64)][:64]
    _look_at_mode(report, model, few)
    z = torch.cat([model(part) for part in images.split(AT_ONCE)])
    check_output(z, images)
    report.looks("embeddings")
    if not torch.isfinite(z).all():
        report.add(
            "embeddings-not-finite",
            "error",
            "The model gives NaN or infinity; a comparison with NaN is always false.",
            f"{int((~torch.isfinite(z)).any(1).sum())} of {len(z)} embeddings",
            "find the step of training at which the weights became NaN",
        )
        return
    z = z.float()
    _look_at_collapse(report, z, data.labels, loss)
    _look_at_saturation(report, z)
    _look_at_ties(report, z)
    _look_at_answers(report, z, data, n_way, seed)


def _look_at_mode(report: Report, model: Callable, images: Tensor) -> None:
    report.looks("two calls in a row")
    first, second = model(images), model(images)
    moved = (first - second).norm(dim=-1).max() / first.norm(dim=-1).mean().clamp(min=1e-12)
    if moved > 1e-4:
        report.add(
            "changes-between-calls",
            "error",
            "The same pictures get other embeddings at each call.",
            f"an embedding moves by up to {moved.item():.0%} of the mean length",
            "network.eval(): dropout draws anew at each call",
        )
    look_at_batch_mates(report, model, images)
    report.looks("evaluation mode")
    live = (nn.modules.batchnorm._BatchNorm, nn.modules.dropout._DropoutNd)
    if isinstance(model, nn.Module):
        kinds = {type(m).__name__ for m in model.modules() if m.training and isinstance(m, live)}
        if kinds:
            report.add(
                "training-mode",
                "error",
                "The model is in training mode at its exam.",
                f"layers that behave otherwise then: {', '.join(sorted(kinds))}",
                "network.eval() before the exam, network.train() when training goes on",
            )


def _look_at_collapse(report: Report, z: Tensor, labels: Tensor, loss: Loss | None) -> None:
    report.looks("spread of the embeddings")
    spread = relative_spread(z)
    said = f"the embeddings' spread is {spread:.1g} of their length"
    collapsed = spread < COLLAPSED
    if loss is not None and not collapsed and spread < 0.25:
        # Four images of each class: every triplet of hundreds of images would be too many.
        rows = torch.cat([(labels == one).nonzero()[:4, 0] for one in labels.unique()[:32]])
        some, kinds = z[rows], labels[rows]
        value = value_of(loss, some, kinds)
        parked = value_of(loss, some[:1].expand(len(some), -1).contiguous(), kinds)
        if value is not None and parked is not None and parked > 0:
            report.looks("the loss against its value at one point")
            collapsed = bool(value > 0.5 * parked)
            said += f", and the loss {value.item():.3g}, where one single point has {parked:.3g}"
    if collapsed:
        report.add(
            "collapsed",
            "error",
            "All images get nearly the same embedding.",
            said,
            "all triplets or semi-hard ones before batch-hard; a lower learning rate",
        )


def _look_at_saturation(report: Report, z: Tensor) -> None:
    """Numbers of an embedding that are at the end of a sigmoid."""
    report.looks("saturation")
    low, high = z.min().item(), z.max().item()
    at_high = (z >= 1 - 1e-6).float().mean().item()
    if not (high <= 1 and at_high > 0.05 and low >= -1):
        return
    floor = -1 if low < 0 else 0
    ends = at_high + (z <= floor + 1e-6).float().mean().item()
    if ends > 0.5:
        report.add(
            "saturated",
            "error",
            "A sigmoid or tanh is at its ends: what differed before it is equal behind it.",
            f"{ends:.0%} of the numbers of the embeddings are at an end of their range",
            "no sigmoid or tanh at the end, or smaller inputs",
        )


def _look_at_ties(report: Report, z: Tensor) -> None:
    report.looks("ties")
    some = z[:: max(1, len(z) // 400)][:400]
    index = torch.unique(some, dim=0, return_inverse=True)[1]
    tied = positive_pairs(index).any(1).float().mean().item()
    if tied > 0.05:
        report.add(
            "ties",
            "error",
            "Different pictures get exactly the same embedding; argmax then takes the first.",
            f"{tied:.0%} of {len(some)} pictures share theirs with another",
            "look at the last layer; give ties 1/m of a mark in the exam",
        )


def _look_at_answers(
    report: Report, z: Tensor, data: LabelledImages, n_way: int, seed: int
) -> None:
    n_way = min(n_way, len(data.classes))
    try:
        result = one_shot_accuracy(z, data, n_way, n_episodes=N_EPISODES, generator=seed)
        ordered = _order_of_some(z, data.labels)
    except ValueError:  # too few images or makers for a question, or for a pair
        return
    if n_way < 2:
        return
    report.looks(f"{N_EPISODES} questions of {n_way} ways")
    if ordered < 0.45:
        name, what = "upside-down", "Images of one class are farther apart than those of two."
    elif result.low <= 1 / n_way + 1e-6:
        name, what = "chance", "The model's answers are no better than guessing."
    else:
        return
    report.add(
        name,
        "error",
        what,
        f"{n_way}-way one-shot {result.accuracy:.1%} ({result.low:.1%} to {result.high:.1%}), "
        f"guessing {1 / n_way:.1%}; a positive pair is the closer one in {ordered:.0%} of couples",
        "are the weights loaded? are images prepared as in training? is same = 1 the same class?",
    )


def _order_of_some(z: Tensor, labels: Tensor) -> float:
    classes = labels.unique()[:32]
    rows = torch.cat([(labels == one).nonzero()[:8, 0] for one in classes])
    return in_order(z[rows], labels[rows])
