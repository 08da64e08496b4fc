"""A loss by itself, on embeddings for which its value or its gradient is known beforehand."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from siamese_lib.batch_indices import positive_pairs, same_class
from siamese_lib.diagnostics.report import Report
from siamese_lib.diagnostics.trying import Loss, gradient_of, has_proxies, value_of
from siamese_lib.losses import ContrastiveLoss, InfoNCELoss, SupConLoss, TripletMarginLoss


def value_at_one_point(loss: object, labels: Tensor) -> float | None:
    """The value of a loss when all embeddings coincide, where a formula says it.

    Args:
        loss: one of the library's: triplet (the margin, or log 2), InfoNCE (log of the number of
            pairs), supervised contrastive (log of the number of the others), contrastive (the
            margin, squared or not, times the share of negative pairs).
        labels: integers ``(B,)``.

    Returns:
        The value; None for another loss, or for labels without a pair of each kind.

    >>> value_at_one_point(TripletMarginLoss(0.2), torch.tensor([0, 0, 1, 1]))
    0.2
    """
    n = len(labels)
    if not positive_pairs(labels).any() or same_class(labels).all():
        return None
    if isinstance(loss, TripletMarginLoss):
        return math.log(2) if loss.smooth else loss.margin
    if isinstance(loss, InfoNCELoss):
        return math.log(n / 2)
    if isinstance(loss, SupConLoss):
        return math.log(n - 1)
    if isinstance(loss, ContrastiveLoss):
        share = (~same_class(labels)).sum().item() / (n * (n - 1))
        value = loss.margin**2 if loss.squared else loss.margin
        halved = 0.5 if getattr(loss, "with_half", False) else 1.0
        return halved * value * (1.0 if loss.balanced else share)
    return None


def look_at_one_point(
    report: Report, loss: Loss, embeddings: Tensor, labels: Tensor, known: float | None
) -> None:
    """Value and gradient where all embeddings coincide."""
    z = embeddings.detach()[:1].expand(len(labels), -1).contiguous()
    value = value_of(loss, z, labels)
    known = value_at_one_point(loss, labels) if known is None else known
    if value is not None and known is not None:
        report.looks("the loss at its known value")
        if not math.isclose(value.item(), known, rel_tol=0.02, abs_tol=1e-6):
            report.add(
                "wrong-known-value",
                "error",
                "When all embeddings coincide, the loss has another value than it should have.",
                f"{value.item():.4g} and not {known:.4g}",
                "check the formula on three points by hand",
            )
    gradient = gradient_of(loss, z, labels)
    if gradient is None:
        return
    report.looks("gradient where embeddings coincide")
    if not torch.isfinite(gradient).all():
        report.add(
            "nan-at-zero-distance",
            "error",
            "Where two embeddings coincide, the gradient is no number: one such pair spoils all "
            "weights.",
            f"{int((~torch.isfinite(gradient)).sum())} of {gradient.numel()} numbers are NaN or "
            "infinite",
            "the square root at zero: use safe_sqrt, or squared distances",
        )


def look_at_no_pair(report: Report, loss: Loss, embeddings: Tensor, labels: Tensor) -> None:
    """A batch in which no two images share a class."""
    first = torch.stack([(labels == one).nonzero()[0, 0] for one in labels.unique()])
    if len(first) < 2:
        return
    leaf = embeddings.detach()[first].clone().requires_grad_()
    value = value_of(loss, leaf, labels[first])
    if value is None:
        return
    report.looks("a batch without a positive pair")
    if not torch.isfinite(value):
        report.add(
            "silent-empty-batch",
            "error",
            "On a batch without a positive pair the loss is no number: the mean of nothing.",
            f"{value.item()} for {len(first)} images of {len(first)} classes",
            "return a zero that is connected to the embeddings, and say so",
        )


def look_at_labels_as_names(report: Report, loss: Loss, z: Tensor, labels: Tensor) -> None:
    """Whether other names for the same classes change the loss."""
    if has_proxies(loss):
        return
    classes, index = labels.unique(return_inverse=True)
    value = value_of(loss, z.detach(), labels)
    renamed = value_of(loss, z.detach(), classes.flip(0)[index] + 7)
    if value is None or renamed is None:
        return
    report.looks("other names for the classes")
    if not math.isclose(value.item(), renamed.item(), rel_tol=1e-3, abs_tol=1e-6):
        report.add(
            "label-numbers-matter",
            "error",
            "The loss changes when the classes get other numbers, and everything else stays.",
            f"{value.item():.4g} and {renamed.item():.4g}",
            "compare labels with each other; a class number is a name, not an answer",
        )


def look_at_convention(report: Report, loss: Loss, z: Tensor, labels: Tensor) -> None:
    """Whether the loss prefers classes apart to classes mixed."""
    if has_proxies(loss):
        return
    _, own = labels.unique(return_inverse=True)
    order = torch.stack([(labels[:i] == labels[i]).sum() for i in range(len(labels))])
    n = int(max(own.max(), order.max())) + 1
    directions = torch.eye(n, max(n, z.shape[1]), device=z.device, dtype=z.dtype)
    size = z.detach().norm(dim=1).mean().clamp(min=1.0)
    apart = value_of(loss, size * directions[own], labels)
    mixed = value_of(loss, size * directions[order], labels)
    if apart is None or mixed is None or not order.any() or not own.any():
        return
    report.looks("same and different the right way round")
    if apart > mixed:
        report.add(
            "flipped-convention",
            "error",
            "The loss is smaller when images of one class are apart and those of different classes "
            "coincide: same and different have changed places.",
            f"{apart.item():.4g} for classes told apart, {mixed.item():.4g} for classes mixed up",
            "same = 1 means the same class; where the paper's Y = 1 means different, pass 1 - same",
        )


def look_at_half_precision(report: Report, loss: Loss, z: Tensor, labels: Tensor) -> None:
    """Four embeddings so close that their squared distances vanish in 16 bits."""
    rows = _two_of_two(labels)
    if rows is None:
        return
    draw = torch.Generator().manual_seed(0)
    close = 2e-5 * torch.randn(4, z.shape[1], generator=draw)
    half = close.to(z.device, torch.float16)
    wanted = gradient_of(loss, half.float(), labels[rows])
    got = gradient_of(loss, half, labels[rows])
    if wanted is None or got is None or not wanted.any() or not torch.isfinite(wanted).all():
        return
    report.looks("half precision")
    difference = (got.float() - wanted).norm() / wanted.norm()
    if not difference < 0.25:
        said = "is no number" if not torch.isfinite(got).all() else f"is {difference:.0%} off"
        report.add(
            "half-underflow",
            "warning",
            "In half precision the loss loses small distances: their squares are rounded to zero.",
            f"embeddings about 1e-5 apart: the gradient in float16 {said}",
            "embeddings.float() before any distance, also under autocast",
        )


def look_at_averaging(report: Report, loss: Loss, z: Tensor, labels: Tensor) -> None:
    """Whether terms that are zero count in the mean.

    Two classes lie close together, and pay. Classes that are far from everything, and so have terms
    at zero, are added: a mean over all terms falls, one over those that pay stays, and so does a
    sum. A second crowd, as far away, doubles a sum.
    """
    if has_proxies(loss):
        return
    draw = torch.Generator().manual_seed(0)
    n = 12
    crowd = 0.05 * torch.randn(4, n, generator=draw, dtype=torch.float64)
    # On the unit sphere, around two of its poles; the others are free for the classes to add.
    near = torch.nn.functional.normalize(crowd + torch.eye(n)[0].double())
    far = near[:, [1, 0, *range(2, n)]]  # the same crowd, a quarter turn away
    easy = torch.eye(n, dtype=torch.float64)[2:].repeat_interleave(2, 0)
    two = torch.tensor([0, 0, 1, 1])
    names = torch.arange(2, 2 + len(easy) // 2).repeat_interleave(2)

    def value(parts: list[Tensor], kinds: list[Tensor]) -> float | None:
        out = value_of(loss, torch.cat(parts).to(z.device), torch.cat(kinds).to(labels.device))
        return None if out is None else out.item()

    alone = value([near], [two])
    with_easy = value([near, easy], [two, names])
    doubled = value([near, far], [two, two + 100])
    only_easy = value([easy], [names])
    if alone is None or with_easy is None or doubled is None or only_easy is None or alone <= 0:
        return
    report.looks("zeros in the mean")
    if only_easy == 0 and all(math.isclose(alone, v, rel_tol=0.02) for v in (with_easy, doubled)):
        report.add(
            "mean-over-active",
            "warning",
            "The loss is a mean over the terms above zero only: it can stay where it is while ever "
            "fewer terms are wrong, and the last hard ones are weighted ever more.",
            f"{alone:.4g}; with {len(easy)} easy images added {with_easy:.4g}",
            "take the mean over all terms, and report the share above zero beside it",
        )


def _two_of_two(labels: Tensor) -> Tensor | None:
    """Rows of two images of each of two classes; None where there are none."""
    rows = [(labels == one).nonzero()[:2, 0] for one in labels.unique()]
    rows = [pair for pair in rows if len(pair) == 2][:2]
    return torch.cat(rows) if len(rows) == 2 else None


LOOKS: tuple[Callable[[Report, Loss, Tensor, Tensor], None], ...] = (
    look_at_no_pair,
    look_at_labels_as_names,
    look_at_convention,
    look_at_half_precision,
    look_at_averaging,
)
