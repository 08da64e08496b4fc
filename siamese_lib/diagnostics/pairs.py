"""Pairs, as tutorials have them: ``(x1, x2, same)``, and losses of such pairs."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from siamese_lib.checks import check_same, check_same_shape
from siamese_lib.diagnostics.report import Report
from siamese_lib.diagnostics.trying import check_images_and_labels, value_of

# Standard errors from which on a difference is no accident.
FAR = 5.0
FEWEST = 16


class LossOfPairs:
    """A loss of pairs, ``function(z1, z2, same)``, as a loss of a batch: of all its pairs.

    For losses as many tutorials write them, so that ``check_batch`` can look at them.

    Args:
        function: embeddings ``(B, D)`` twice and ``same`` float32 ``(B,)``, 1 for the same class,
            to a number.
        margin: the loss's margin, where it has one.

    >>> loss = LossOfPairs(lambda z1, z2, same: ((z1 - z2).square().sum(1) * same).mean())
    >>> loss(torch.tensor([[0.0], [1.0], [5.0]]), torch.tensor([0, 0, 1]))  # (1 + 0 + 0) / 3
    tensor(0.3333)
    """

    def __init__(
        self, function: Callable[[Tensor, Tensor, Tensor], Tensor], margin: float | None = None
    ) -> None:
        self.function, self.margin = function, margin

    def of_pairs(self, z1: Tensor, z2: Tensor, same: Tensor) -> Tensor:
        """The function itself."""
        return self.function(z1, z2, same)

    def __call__(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of all pairs of a batch, each once."""
        first, second, same = _all_pairs(labels)
        return self.function(embeddings[first], embeddings[second], same)


def _all_pairs(labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    first, second = torch.triu_indices(len(labels), len(labels), 1, device=labels.device)
    return first, second, (labels[first] == labels[second]).float()


def look_for_broadcasting(report: Report, loss: object, embeddings: Tensor, labels: Tensor) -> None:
    """Whether a loss pairs each distance with each answer, where shapes do not fit."""
    z = embeddings.detach()
    of_pairs = getattr(loss, "of_pairs", None)
    if of_pairs is not None and _look_at_pairs(report, of_pairs, z, labels):
        return
    right = value_of(loss, z, labels)  # type: ignore[arg-type]
    column = value_of(loss, z, labels[:, None])  # type: ignore[arg-type]
    report.looks("labels of another shape")
    _look_at_column(report, "labels", right, column)


def _look_at_column(report: Report, what: str, right: Tensor | None, column: Tensor | None) -> bool:
    """Whether a loss takes a column (B, 1) of labels or answers, and makes something else of it."""
    accepts = right is not None and column is not None and not _close(right, column)
    if accepts:
        report.add(
            "accepts-column",
            "warning",
            f"The loss accepts {what} (B, 1) in place of (B,), broadcasts, and gives another "
            "value.",
            f"{right:.4g} with {what} (B,), {column:.4g} with (B, 1)",
            "check shapes in the loss, and raise",
        )
    return accepts


def _look_at_pairs(report: Report, of_pairs: Callable, z: Tensor, labels: Tensor) -> bool:
    """Whether a loss of pairs broadcasts."""
    first, second, same = _all_pairs(labels)
    picked = torch.cat([(same == 1).nonzero()[:4, 0], (same == 0).nonzero()[:4, 0]])
    z1, z2, same = z[first[picked]], z[second[picked]], same[picked]
    n = len(picked)
    value = value_of(of_pairs, z1, z2, same)
    singles = [value_of(of_pairs, z1[i : i + 1], z2[i : i + 1], same[i : i + 1]) for i in range(n)]
    if value is None or not n or any(one is None for one in singles):
        return False
    report.looks("a mean over pairs, one by one")
    right = torch.stack(singles).mean()  # type: ignore[arg-type]
    every = [
        value_of(of_pairs, z1[i : i + 1], z2[i : i + 1], same[j : j + 1])
        for i in range(n)
        for j in range(n)
    ]
    crossed = torch.stack(every).mean()  # type: ignore[arg-type]
    if not _close(value, right) and _close(value, crossed):
        report.add(
            "broadcast",
            "error",
            "The loss pairs each distance with each answer: (B, 1) meets (B,) and becomes (B, B).",
            f"{value:.4g} for {n} pairs; their own losses have mean {right:.4g}, and all {n * n} "
            f"combinations {crossed:.4g}",
            "give distances and answers one shape: squeeze(1), or no keepdim",
        )
        return True
    column = value_of(of_pairs, z1, z2, same[:, None])
    return _look_at_column(report, "answers", value, column)


def _close(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a.double(), b.double(), rtol=1e-3, atol=1e-7)


def check_pairs(x1: Tensor, x2: Tensor, same: Tensor) -> Report:
    """Look at pairs of images, as a network gets them.

    The twins must be alike: nothing but chance may decide which of two pictures is the first.
    That is not so for references and forgeries; leave those out.

    Args:
        x1: float images ``(B, C, H, W)`` in [0, 1].
        x2: as ``x1``.
        same: ``(B,)``, 1 for the same class.

    Returns:
        The report. Its findings are ``one-kind-of-pair``, ``identical-twins``,
        ``one-twin-augmented`` (or changed in another way), ``flipped-labels``. What depends on
        statistics needs 16 pairs (of each kind), and about 100 to notice a mild augmentation.

    Raises:
        TypeError: images that are not floats.
        ValueError: shapes that do not fit, values of ``same`` other than 0 and 1.

    >>> x = torch.rand(8, 1, 28, 28)
    >>> check_pairs(x, x, torch.ones(8)).names
    ('one-kind-of-pair', 'identical-twins')
    """
    check_images_and_labels(x1, torch.zeros(len(x1), dtype=torch.int64, device=x1.device))
    check_same_shape(x1=x1, x2=x2)
    alike = check_same(same, x1).bool()
    report = Report(f"check_pairs on {len(x1)} pairs")
    report.looks("both kinds of pairs")
    if alike.all() or not alike.any():
        kind = "same" if alike.all() else "different"
        report.add(
            "one-kind-of-pair",
            "error",
            f"All pairs are {kind}: there is nothing to tell apart.",
            f"{int(alike.sum())} of {len(x1)} pairs are the same",
            "mix both kinds in each batch: PairSampler does",
        )
    report.looks("copies")
    copies = (x1 == x2).flatten(1).all(1)
    if copies.any():
        report.add(
            "identical-twins",
            "error",
            "In some pairs both pictures are the same picture.",
            f"{int(copies.sum())} of {len(x1)} pairs",
            "draw two different pictures of a class",
        )
    if len(x1) >= FEWEST:
        _look_at_twins(report, x1[~copies], x2[~copies])
    if min(int(alike.sum()), int((~alike).sum())) >= FEWEST:
        _look_at_answers(report, x1, x2, alike)
    return report


def _look_at_twins(report: Report, x1: Tensor, x2: Tensor) -> None:
    report.looks("first twins against second ones")
    for name, measure in (("sharpness", _sharpness), ("ink", _ink)):
        first, second = measure(x1), measure(x2)
        difference = first - second
        error = difference.std() / max(len(difference), 1) ** 0.5
        if len(difference) >= FEWEST and difference.mean().abs() > FAR * error:
            report.add(
                "one-twin-augmented",
                "error",
                "First and second twins are different kinds of pictures, so that a network can "
                "learn from the kind: as a rule, one of them is augmented and the other is not.",
                f"mean {name} {first.mean():.3f} and {second.mean():.3f}, a difference of "
                f"{(difference.mean() / error).abs():.0f} standard errors",
                "augment both twins, each by amounts of its own",
            )
            return


def _sharpness(images: Tensor) -> Tensor:
    """How large the steps from pixel to pixel are, where there are any: ``(B,)``."""
    steps = images.diff(dim=-1).double()
    return steps.square().flatten(1).sum(1) / steps.abs().flatten(1).sum(1).clamp(min=1e-9)


def _ink(images: Tensor) -> Tensor:
    return images.double().flatten(1).mean(1)


def _look_at_answers(report: Report, x1: Tensor, x2: Tensor, same: Tensor) -> None:
    report.looks("answers against pixels")
    distance = (x1 - x2).double().flatten(1).norm(dim=1)
    positive, negative = distance[same], distance[~same]
    n, m = len(positive), len(negative)
    nearer = (positive[:, None] < negative).double().mean().item()
    error = ((n + m + 1) / (12 * n * m)) ** 0.5  # of a share of couples, when there is no relation
    if nearer < 0.5 - FAR * error:
        report.add(
            "flipped-labels",
            "error",
            "Pairs called different are nearer to each other, pixel by pixel, than pairs called "
            "the same: 0 and 1 seem to have changed places.",
            f"a same pair is the nearer of the two in {nearer:.0%} of {n} x {m} couples",
            "same = 1 means the same class here; 1 - Y turns the article's Y into that",
        )
