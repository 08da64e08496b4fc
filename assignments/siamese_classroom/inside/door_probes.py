"""Probes of the office door: enrol, knock, count who gets in."""

from __future__ import annotations

import copy
from collections.abc import Callable

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


def doors_opened(
    answer: Callable,
    images: Tensor,
    labels: Tensor,
    far: float,
    n_enrolled: int,
    seed: int,
    pictures: Tensor,
    days: list,
) -> dict:
    """Build a door, then let people come whom its builder has never seen.

    Args:
        answer: builds a door from images and labels.
        images: uint8 ``(N, 1, H, W)``, to train and calibrate on.
        labels: whose they are.
        far: the false-accept rate that is wanted.
        n_enrolled: how many people will be enrolled.
        seed: given to the builder.
        pictures: uint8 ``(M, 1, H, W)`` of visitors, in no order.
        days: for each day, which pictures enrol, under which names, and which knock. Each day
            begins with the door as it was built.

    Returns:
        Under ``said``, for each day what the door said to each picture that knocked; under
        ``returned`` the type of a thing that is no door.
    """
    door = answer(images.float() / 255, labels, far, n_enrolled, seed)
    if not (hasattr(door, "enrol") and hasattr(door, "identify")):
        return {"returned": type(door).__name__[:100]}
    pictures = pictures.float() / 255
    said = []
    for enrolling, names, knocking in days:
        today = copy.deepcopy(door)
        for picture, name in zip(enrolling, names, strict=True):
            today.enrol(name, pictures[picture])
        said.append(list(today.identify(pictures[knocking])))
    return {"said": said}


DOOR_PROBES: dict[str, Callable] = {
    probe.__name__: probe for probe in (door_days, threshold_chosen, doors_opened)
}
