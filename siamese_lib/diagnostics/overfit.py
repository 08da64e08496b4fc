"""Can it learn at all? One batch, until it is known by heart."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from siamese_lib.batch_indices import positive_pairs, same_class
from siamese_lib.checks import check_above_zero, check_counts
from siamese_lib.diagnostics.report import Report
from siamese_lib.diagnostics.trying import (
    Loss,
    check_images_and_labels,
    check_output,
    copied,
    relative_spread,
)
from siamese_lib.metrics import area_under_curve
from siamese_lib.randomness import lent_generators

ENOUGH = 0.8  # share of couples of pairs in the right order


def overfit_one_batch(
    network: nn.Module,
    loss: Loss,
    images: Tensor,
    labels: Tensor,
    *,
    steps: int = 100,
    lr: float = 1e-3,
    miner: Callable[[Tensor, Tensor], tuple] | None = None,
    seed: int = 0,
) -> Report:
    """Train a copy of a network on one batch, and see whether it can learn that by heart.

    A network that cannot tell apart the few images that it sees again and again will not tell apart
    others. Karpathy (2019) makes this an early step of any training.

    Args:
        network: images ``(B, C, H, W)`` to embeddings ``(B, D)``. A copy is trained.
        loss: called as ``loss(embeddings, labels)``, or with the miner's indices. Of a loss with
            parameters a copy is trained as well.
        images: floats ``(B, C, H, W)`` in [0, 1], at least two of some class.
        labels: integers ``(B,)``, two classes or more.
        steps: of Adam, at one learning rate.
        lr: the learning rate.
        miner: chooses pairs or triplets at each step.
        seed: of dropout.

    Returns:
        The report. Its findings may be ``loss-not-finite``, ``shrinks`` (all embeddings move to
        one point), ``does-not-separate`` (a pair of one class is not closer than one of two
        classes), ``separates-only-in-training`` (apart in training mode, and not in evaluation
        mode).

    Raises:
        TypeError: images that are not floats, labels that are not integers.
        ValueError: shapes that do not fit; a batch without a positive or without a negative pair.
    """
    check_images_and_labels(images, labels)
    check_counts(steps=steps)
    check_above_zero(lr=lr)
    if not positive_pairs(labels).any() or same_class(labels).all():
        raise ValueError(
            "labels must hold two images of one class, and two classes: draw P x K batches"
        )
    report = Report(f"overfit_one_batch, {steps} steps on {len(images)} images")
    network, loss = copied(network).train(), copied(loss)
    parameters = [*network.parameters()]
    if isinstance(loss, nn.Module):
        parameters += loss.parameters()
    values: list[float] = []
    with lent_generators(seed, images.device), torch.enable_grad():
        optimizer = torch.optim.Adam([p for p in parameters if p.requires_grad], lr)
        for _ in range(steps):
            z = network(images)
            check_output(z, images)
            if not values:
                before = relative_spread(z)
            mined = () if miner is None else (miner(z.detach(), labels),)
            value = loss(z, labels, *mined)
            values.append(value.item())
            report.looks("the loss, step by step")
            if not torch.isfinite(value):
                report.add(
                    "loss-not-finite",
                    "error",
                    "The loss becomes NaN or infinite while training on one batch.",
                    f"at step {len(values)}, after {values[0]:.4g} at the first",
                    "check_batch on this batch: look at the gradient where embeddings coincide",
                )
                return report
            optimizer.zero_grad(set_to_none=True)
            if value.requires_grad:
                value.backward()
                optimizer.step()
        _judge(report, network, images, labels, before, values)
    return report


@torch.no_grad()
def _judge(
    report: Report,
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    before: float,
    values: list[float],
) -> None:
    z = network(images)
    if not torch.isfinite(z).all():
        report.add(
            "loss-not-finite",
            "error",
            "The last step made the weights NaN or infinite.",
            f"loss {values[-1]:.4g} before it",
            "check_batch on this batch: look at the gradient where embeddings coincide",
        )
        return
    report.looks("order of the distances")
    ordered, after = in_order(z, labels), relative_spread(z)
    course = f"loss {values[0]:.3g} to {values[-1]:.3g}"
    # Rather than by the value of the loss, a collapse shows by what it does to the spread.
    shrinks = after < (0.3 if ordered < ENOUGH else 0.05) * before
    if ordered < ENOUGH or shrinks:
        report.add(
            "shrinks" if shrinks else "does-not-separate",
            "error",
            "All embeddings move to one point."
            if shrinks
            else "The network does not learn to tell apart the images of one batch.",
            f"{ordered:.0%} of couples of pairs are in the right order, {course}, spread "
            f"{before:.2g} to {after:.2g}",
            "check_batch on this batch, as labels the wrong way round shrink everything; for "
            "triplets, all of them before batch-hard ones, or a lower learning rate"
            if shrinks
            else "check_batch on this batch; then more steps, or a higher learning rate",
        )
        return
    report.looks("the same in evaluation mode")
    evaluated = in_order(network.eval()(images), labels)
    if evaluated < ENOUGH - 0.1:
        report.add(
            "separates-only-in-training",
            "error",
            "In training mode the network tells the images apart, in evaluation mode it does not.",
            f"{ordered:.0%} of couples of pairs in the right order, and {evaluated:.0%}",
            "BatchNorm: its running statistics are not those of the batches, or the batches tell "
            "the answer",
        )


def in_order(embeddings: Tensor, labels: Tensor) -> float:
    """Share of couples of a positive and a negative pair of which the positive is closer, 0 to 1.

    Ties count one half, so that embeddings that all coincide get 0.5. This is the AUC of the
    distances.

    Args:
        embeddings: ``(B, D)``.
        labels: integers ``(B,)``, with pairs of both kinds.
    """
    z = embeddings.detach().double()
    distance = torch.cdist(z, z, compute_mode="donot_use_mm_for_euclid_dist")
    upper = torch.ones_like(distance, dtype=torch.bool).triu(1)
    return area_under_curve(distance[upper], same_class(labels)[upper].float())
