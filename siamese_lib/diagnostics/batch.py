"""One batch, looked at from all sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from siamese_lib.diagnostics.inputs import look_at_augmentation, look_at_images, look_at_labels
from siamese_lib.diagnostics.losses_alone import LOOKS, look_at_one_point
from siamese_lib.diagnostics.pairs import look_for_broadcasting
from siamese_lib.diagnostics.reach import look_at_reach
from siamese_lib.diagnostics.report import Report
from siamese_lib.diagnostics.trying import (
    Loss,
    check_images_and_labels,
    check_output,
    copied,
    relative_spread,
)
from siamese_lib.randomness import lent_generators

# An untrained network puts images apart by 0.002 of their length, or more.
COLLAPSED = 1e-3
# A different order of summation changes an embedding by a millionth of its length.
MATES = 5e-3


def check_batch(
    network: nn.Module,
    loss: Loss,
    images: Tensor,
    labels: Tensor,
    *,
    miner: Callable[[Tensor, Tensor], tuple] | None = None,
    augment: Callable[[Tensor], Tensor] | None = None,
    margin: float | None = None,
    at_one_point: float | None = None,
    seed: int = 0,
) -> Report:
    """Look at one batch on its way through a network and a loss, without training on it.

    Network and loss are copied, and the global generators given back as they were: nothing of the
    caller's changes. What costs: three passes through the network and one gradient.

    Args:
        network: images ``(B, C, H, W)`` to embeddings ``(B, D)``.
        loss: called as ``loss(embeddings, labels)``; for a function of pairs see ``LossOfPairs``.
        images: floats ``(B, C, H, W)`` in [0, 1], B above 1, on the network's device.
        labels: integers ``(B,)``.
        miner: its indices go to the loss as third argument, for the gradient alone.
        augment: what images of a batch go through in training.
        margin: of the loss, if it has no attribute of that name.
        at_one_point: the value that the loss should have when all embeddings coincide; known for
            the library's losses (``value_at_one_point``).
        seed: of dropout, augmentation and of what is drawn.

    Returns:
        The report. Its findings may be ``images-not-finite``, ``images-out-of-range``,
        ``blank-images``, ``no-positives``, ``lonely-images``, ``no-negatives``,
        ``conflicting-labels``, ``repeated-images``, ``wrong-fill``, ``embeddings-not-finite``,
        ``collapsed``, ``batch-mates``, ``loss-not-finite``, ``not-connected``,
        ``gradient-not-finite``, ``no-gradient``, ``wrong-known-value``, ``nan-at-zero-distance``,
        ``silent-empty-batch``, ``label-numbers-matter``, ``flipped-convention``,
        ``half-underflow``, ``mean-over-active``, ``broadcast``, ``accepts-column``,
        ``unreachable-margin``.

    Raises:
        TypeError: images that are not floats, labels that are not integers.
        ValueError: shapes that do not fit, also of what network and loss return; or what network,
            loss and miner raise by themselves.
    """
    check_images_and_labels(images, labels)
    network, loss = copied(network), copied(loss)
    report = Report(f"check_batch on {len(images)} images of {len(labels.unique())} classes")
    if not look_at_images(report, images):
        return report
    look_at_labels(report, images, labels)
    with lent_generators(seed, images.device):
        if augment is not None:
            look_at_augmentation(report, images, augment)
        embeddings = network(images)
        check_output(embeddings, images)
        report.looks("embeddings")
        if not torch.isfinite(embeddings).all():
            report.add(
                "embeddings-not-finite",
                "error",
                "The network gives NaN or infinity.",
                f"{int((~torch.isfinite(embeddings)).any(1).sum())} of {len(embeddings)} "
                "embeddings",
                "a lower learning rate from fresh weights; no division by a norm of zero",
            )
            return report
        _look_at_spread(report, embeddings)
        look_at_batch_mates(report, _evaluating(network), images)
        _look_at_gradient(report, network, loss, embeddings, labels, miner)
        z = embeddings.detach().float()
        look_at_one_point(report, loss, z, labels, at_one_point)
        for look in LOOKS:
            look(report, loss, z, labels)
        look_for_broadcasting(report, loss, z, labels)
        look_at_reach(report, network, loss, images, z, margin)
    return report


def _evaluating(network: Any) -> Any:
    network = copied(network)
    return network.eval() if isinstance(network, nn.Module) else network


def _look_at_spread(report: Report, embeddings: Tensor) -> None:
    spread = relative_spread(embeddings)
    if spread < COLLAPSED:
        report.add(
            "collapsed",
            "error",
            "All images get the same embedding, or nearly so.",
            f"the embeddings' spread is {spread:.1g} of their length",
            "all triplets or semi-hard ones before batch-hard; a lower learning rate; look for a "
            "layer that gives nothing but zeros",
        )


@torch.no_grad()
def look_at_batch_mates(report: Report, embed: Callable[[Tensor], Tensor], images: Tensor) -> None:
    """Whether an image's embedding depends on what else is in its batch."""
    report.looks("answers that depend on the batch")
    together = embed(images)
    half = max(1, len(images) // 2)
    try:
        alone = embed(images[:half])
    except ValueError:  # BatchNorm in training mode refuses a single image
        return
    length = together.norm(dim=1).mean().clamp(min=1e-12)
    moved = ((together[:half] - alone).norm(dim=1) / length).max().item()
    if moved > MATES:
        report.add(
            "batch-mates",
            "error",
            "An image gets another embedding when other images are in its batch.",
            f"with half of the batch taken away, an embedding moves by up to {moved:.0%} of the "
            "mean length",
            "network.eval(), and BatchNorm with its running statistics",
        )


def _look_at_gradient(
    report: Report,
    network: Any,
    loss: Loss,
    embeddings: Tensor,
    labels: Tensor,
    miner: Callable[[Tensor, Tensor], tuple] | None,
) -> None:
    mined = () if miner is None else (miner(embeddings.detach(), labels),)
    value = loss(embeddings, labels, *mined)
    if not isinstance(value, Tensor) or value.numel() != 1:
        shape = getattr(value, "shape", type(value).__name__)
        raise ValueError(f"loss must return one number, got {shape}: take a mean")
    report.looks("value and gradient of the loss")
    if not torch.isfinite(value).all():
        report.add(
            "loss-not-finite",
            "error",
            "The loss is no number, although all embeddings are.",
            f"{value.item()}",
            "a mean over nothing, a logarithm of zero, or a division by zero",
        )
        return
    parameters = [p for p in network.parameters() if p.requires_grad]
    gradients: list[Tensor | None] = [None] * len(parameters)
    if value.requires_grad:
        gradients = list(torch.autograd.grad(value, parameters, allow_unused=True))
    there = [gradient for gradient in gradients if gradient is not None]
    if not there:
        report.add(
            "not-connected",
            "error",
            "No weight of the network gets a gradient: training changes nothing.",
            f"none of {len(parameters)} weight tensors is connected to the loss",
            "look for detach(), .item(), numpy(), no_grad(), argmax, or frozen weights",
        )
        return
    broken = sum(not bool(torch.isfinite(gradient).all()) for gradient in there)
    if broken:
        report.add(
            "gradient-not-finite",
            "error",
            "The loss is a number and its gradient is not: the next step spoils the weights.",
            f"{broken} of {len(there)} weight tensors",
            "the square root at zero, or another function with an infinite slope",
        )
    elif value != 0 and not any(gradient.any() for gradient in there):
        report.add(
            "no-gradient",
            "error",
            "The loss is not zero and its gradient is: nothing will change.",
            f"the loss is {value.item():.4g}, all gradients are 0",
            "look for a saturated layer, a clamp, or distances that were rounded to zero",
        )
