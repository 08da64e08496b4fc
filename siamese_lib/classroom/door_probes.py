"""Probes of the office door: enrol, knock, count who gets in."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


class _Watched(nn.Module):
    """Embeds an image as its pixels, and notes in which mode it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.in_training, self.with_gradient = False, False

    def forward(self, images: Tensor) -> Tensor:
        self.in_training |= self.training
        self.with_gradient |= torch.is_grad_enabled()
        return images.flatten(1)


def door_days(answer: Callable, threshold: float, days: list) -> dict:
    """What a door says on the days of its life.

    Args:
        answer: the class; it is made with a network whose embedding is the pixels.
        threshold: of the door.
        days: ``["enrol", name, image]`` or ``["identify", "", images]``.
    """
    network = _Watched()
    door = answer(network, threshold)
    said = []
    for what, name, images in days:
        if what == "enrol":
            door.enrol(name, images)
        else:
            said.append(door.identify(images))
    modes = {"in_training": network.in_training, "with_gradient": network.with_gradient}
    return {"said": said, **modes, "left_in_training": network.training}


def threshold_chosen(
    answer: Callable, images: Tensor, labels: Tensor, fars: list, n_enrolled: int, seed: int
) -> list:
    """The thresholds that an answer chooses for false-accept rates, on a network of pixels."""
    return [
        answer(nn.Flatten(), images, labels, far, n_enrolled, torch.Generator().manual_seed(seed))
        for far in fars
    ]


def opening(
    answer: Callable,
    images: Tensor,
    labels: Tensor,
    far: float,
    n_enrolled: int,
    seed: int,
    visitors: Tensor,
) -> dict:
    """Build a door, then let people come whom its builder has never seen.

    Args:
        answer: builds a door from images and labels.
        images: uint8 ``(N, 1, H, W)``, to train and calibrate on.
        labels: whose they are.
        far: the false-accept rate that is wanted.
        n_enrolled: how many people will be enrolled.
        seed: given to the builder.
        visitors: uint8 ``(people, pictures, 1, H, W)``. In turns, ``n_enrolled`` of them are
            enrolled from their first picture; then all others of everybody knock.
    """
    began = time.process_time()  # of this process alone: a busy computer is nobody's fault
    door = answer(images.float() / 255, labels, far, n_enrolled, seed)
    seconds = time.process_time() - began
    if not (hasattr(door, "enrol") and hasattr(door, "identify")):
        return {"returned": type(door).__name__}
    visitors = visitors.float() / 255
    counts = {"named": 0, "misnamed": 0, "refused": 0, "let_in": 0, "kept_out": 0, "foreign": 0}
    for first in range(0, len(visitors) - n_enrolled + 1, n_enrolled):
        inside = range(first, first + n_enrolled)
        _one_day(copy.deepcopy(door), visitors, inside, counts)
    return {**counts, "seconds": seconds}


def _one_day(door: Any, visitors: Tensor, inside: range, counts: dict[str, int]) -> None:
    for person in inside:
        door.enrol(f"person {person}", visitors[person, 0])
    n_pictures = visitors.shape[1] - 1
    said = list(door.identify(visitors[:, 1:].flatten(0, 1)))
    for place, name in enumerate(said):
        person = place // n_pictures
        # Somebody whom nobody has enrolled here: left from building the door.
        counts["foreign"] += name is not None and not str(name).startswith("person ")
        if person in inside:
            right = name == f"person {person}"
            counts["named" if right else "refused" if name is None else "misnamed"] += 1
        else:
            counts["kept_out" if name is None else "let_in"] += 1


DOOR_PROBES: dict[str, Callable] = {
    probe.__name__: probe for probe in (door_days, threshold_chosen, opening)
}
