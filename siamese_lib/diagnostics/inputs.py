"""Looks at a batch before any network has seen it: images, labels, augmentation."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from siamese_lib.batch_indices import positive_pairs, same_class
from siamese_lib.diagnostics.report import Report

# Share of copies from which on they are no accident: in a million drawings two may coincide.
MANY_COPIES = 0.05


def look_at_images(report: Report, images: Tensor) -> bool:
    """Values, blanks; False when the images are no numbers, and nothing can be done with them."""
    report.looks("values of the images")
    if not torch.isfinite(images).all():
        report.add(
            "images-not-finite",
            "error",
            "Some images hold NaN or infinity.",
            f"{int((~torch.isfinite(images.flatten(1)).all(1)).sum())} of {len(images)} images",
            "find the step of loading or augmentation that divides by zero",
        )
        return False
    low, high = images.min().item(), images.max().item()
    if low < -1e-3 or high > 1 + 1e-3:
        report.add(
            "images-out-of-range",
            "error",
            "The images are not in [0, 1], which the course's networks expect.",
            f"values from {low:.3g} to {high:.3g}",
            "divide uint8 values by 255, once: data.batch(rows) does",
        )
    flat = images.flatten(1)
    blank = int((flat == flat[:, :1]).all(1).sum())
    if blank:
        report.add(
            "blank-images",
            "error",
            "Some images show nothing: all their pixels are equal.",
            f"{blank} of {len(images)} images",
            "look at them; a crop or a shift may have moved the drawing out of the picture",
        )
    return True


def look_at_labels(report: Report, images: Tensor, labels: Tensor) -> None:
    """Whether there are pairs of both kinds, and whether copies carry other labels."""
    report.looks("pairs in the batch")
    positive, negative = positive_pairs(labels), ~same_class(labels)
    n, classes = len(labels), len(labels.unique())
    lonely = int((~positive.any(1)).sum())
    if lonely == n:
        report.add(
            "no-positives",
            "error",
            "No two images of the batch share a class, so there is nothing to pull together.",
            f"{n} images of {classes} classes",
            "draw P x K batches: MPerClassSampler(labels, m=4, ...)",
        )
    elif lonely > n / 2:
        report.add(
            "lonely-images",
            "warning",
            "Most images have no mate in the batch, and so no positive pair and no triplet.",
            f"{lonely} of {n} images are alone with their class",
            "draw P x K batches: MPerClassSampler(labels, m=4, ...)",
        )
    if not negative.any():
        report.add(
            "no-negatives",
            "error",
            "All images of the batch are of one class: everything may fall onto one point.",
            f"{n} images of 1 class",
            "shuffle: a batch needs several classes",
        )
    _look_at_copies(report, images, labels)


def _look_at_copies(report: Report, images: Tensor, labels: Tensor) -> None:
    report.looks("copies in the batch")
    index = torch.unique(images.flatten(1), dim=0, return_inverse=True)[1]
    copies = positive_pairs(index)
    conflicting = (copies & ~same_class(labels)).any(1)
    blank = (images.flatten(1) == images.flatten(1)[:, :1]).all(1)  # found already
    n_conflicting, n = int((conflicting & ~blank).sum()), len(labels)
    if n_conflicting > MANY_COPIES * n:
        report.add(
            "conflicting-labels",
            "error",
            "The same picture carries two labels: no network can satisfy both.",
            f"{n_conflicting} of {n} images have a copy of another class",
            "compare images and labels: were they shuffled apart?",
        )
    n_copies = int((copies.any(1) & ~conflicting & ~blank).sum())
    if n_copies > MANY_COPIES * n:
        report.add(
            "repeated-images",
            "warning",
            "The same picture is there twice; as a positive pair it teaches nothing.",
            f"{n_copies} of {n} images have an exact copy of their class",
            "draw without replacement within a class",
        )


def look_at_augmentation(
    report: Report, images: Tensor, augment: Callable[[Tensor], Tensor]
) -> None:
    """Whether an augmentation brings in a colour that is not the paper's.

    Empty paper, in the colour that most images have at their edge, must come back empty. What
    changes at the edge and not in the middle came in from outside.
    """
    report.looks("fill of the augmentation")
    edge = torch.cat([images[..., 0, :], images[..., -1, :]], dim=-1)
    paper = edge.median().item()
    blank = torch.full((64, *images.shape[1:]), paper, dtype=images.dtype, device=images.device)
    changed = (augment(blank) - paper).abs().amax(dim=1) > 0.05
    height, width = changed.shape[1:]
    middle = changed[:, height // 3 : -(height // 3), width // 3 : -(width // 3)].flatten(1)
    inside = torch.zeros_like(changed)
    inside[:, 1:-1, 1:-1] = True
    at_edge = (changed & ~inside).flatten(1).any(1).float().mean().item()
    if at_edge > 0.2 and middle.any(1).float().mean() < 0.05:
        report.add(
            "wrong-fill",
            "error",
            "The augmentation fills what comes in from outside with another colour than the "
            "paper's, and so draws a frame that a network can recognise.",
            f"paper is {paper:.2f}; {at_edge:.0%} of 64 empty sheets came back with another edge",
            f"fill={paper:.2g}, or fill='border' for photographs",
        )
