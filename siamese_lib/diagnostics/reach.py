"""How far apart a network can put two embeddings, and whether the margin is within that reach."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from siamese_lib.diagnostics.report import Report
from siamese_lib.diagnostics.trying import Loss, copied, value_of
from siamese_lib.randomness import lent_generators

DRAWS = 3


def extremes(network: nn.Module, images: Tensor, seed: int = 0) -> tuple[Tensor, Tensor] | None:
    """Two embeddings ``(D,)`` as far apart as a bounded network can put them.

    Embeddings of length 1 reach 2. Whether others are bounded is tried out: with huge random
    weights, a last layer without a bound goes beyond any, and a sigmoid or tanh does not.

    Args:
        network: images ``(B, C, H, W)`` to embeddings ``(B, D)``; a copy of it is used.
        images: a few.
        seed: of the weights tried.

    Returns:
        The two ends, or None where there is no bound.
    """
    trial = copied(network).eval()
    few = images[:8]
    with torch.no_grad(), lent_generators(seed, images.device):
        z = trial(few)
        if torch.allclose(z.norm(dim=1), torch.ones(len(z), device=z.device), atol=1e-3):
            end = torch.zeros_like(z[0])
            end[0] = 1.0
            return end, -end
        if z.abs().max() > 1:
            return None
        lowest, highest = z.min().item(), z.max().item()
        for _ in range(DRAWS):
            for parameter in trial.parameters():
                parameter.normal_(0, 10)
            z = trial(few)
            lowest, highest = min(lowest, z.min().item()), max(highest, z.max().item())
    # A ReLU that gives nothing but zeros says nothing about a bound: 1 must be come near to.
    if not (lowest >= -1 - 1e-3 and 0.9 < highest <= 1 + 1e-3):
        return None
    end = torch.ones_like(z[0])
    return end, (-end if lowest < -0.5 else torch.zeros_like(end))


def look_at_reach(
    report: Report,
    network: nn.Module,
    loss: Loss,
    images: Tensor,
    embeddings: Tensor,
    margin: float | None,
) -> None:
    """Whether two classes at the network's two ends satisfy a loss with a margin."""
    margin = getattr(loss, "margin", None) if margin is None else margin
    if margin is None or getattr(loss, "smooth", False) or not isinstance(network, nn.Module):
        return
    report.looks("the margin within reach")
    if torch.pdist(embeddings.detach().float()).amax() > margin:
        return
    ends = extremes(network, images)
    if ends is None:
        return
    one, other = ends
    z = torch.stack([one, one, other, other])
    left = value_of(loss, z, torch.tensor([0, 0, 1, 1], device=z.device))
    if left is not None and left > 1e-4:
        reach = math.dist(one.tolist(), other.tolist())
        report.add(
            "unreachable-margin",
            "error",
            "The network's last layer is bounded, and the margin lies beyond its bound: even a "
            "perfect network pays, and nothing is ever far enough apart.",
            f"no two embeddings are more than {reach:.3g} apart; the margin is {margin:.3g}; at "
            f"best the loss is {left.item():.3g}",
            "a margin well within reach, or a last layer without a bound",
        )
