"""Settings of a training run, other than its data, network and loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from siamese_lib.checks import check_above_zero, check_at_least_zero, check_counts, check_one_of

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def one_cycle(step: int, steps: int) -> float:
    """Fraction of the maximum learning rate: up over the first 30 %, then down to 0, on cosines."""
    rise = 0.3 * steps
    if step < rise:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * step / rise)) / 2
    return (1 + math.cos(math.pi * (step - rise) / (steps - rise))) / 2


def cosine(step: int, steps: int) -> float:
    """Fraction of the maximum learning rate: from 1 down to 0 on a cosine."""
    return (1 + math.cos(math.pi * step / steps)) / 2


def constant(step: int, steps: int) -> float:
    """Fraction of the maximum learning rate: always 1."""
    return 1.0


SCHEDULES: dict[str, Callable[[int, int], float]] = {
    "one_cycle": one_cycle,
    "cosine": cosine,
    "constant": constant,
}


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """Settings of a run as plain values, compared with those of a checkpoint before it resumes.

    Attributes:
        steps: Number of batches to train on.
        batch_size: Number of images in a batch (P x K).
        m: Number of images of each class in a batch (K).
        lr: Maximum learning rate of AdamW.
        weight_decay: Weight decay of AdamW.
        schedule: Learning rate schedule: ``"one_cycle"``, ``"cosine"`` or ``"constant"``.
        clip: Largest norm of the gradient. None: no clipping.
        precision: ``"float32"``, ``"bfloat16"``, ``"float16"`` (CUDA only), or ``"auto"``, which is
            bfloat16 if the device has units for it (``devices.has_fast_bfloat16``) and float32
            otherwise.
        channels_last: If True, use the channels-last memory format, which is faster on many
            devices.
        compile: If True, compile the network with ``torch.compile``.
        check_every: Number of steps between two checks (diagnostics, validation, checkpoint).
        patience: Number of checks without a better validation accuracy after which the run stops
            early. None: never.
        seed: Seed of the batches, of dropout and of other random numbers drawn by the model.

    Raises:
        ValueError: If a value is out of range; the message names it.

    >>> TrainingSettings(steps=300).but(lr=1e-3).lr
    0.001
    """

    steps: int
    batch_size: int = 128
    m: int = 4
    lr: float = 3e-3
    weight_decay: float = 1e-4
    schedule: str = "one_cycle"
    clip: float | None = None
    precision: str = "float32"
    channels_last: bool = False
    compile: bool = False
    check_every: int = 200
    patience: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        check_counts(steps=self.steps, batch_size=self.batch_size, m=self.m)
        check_counts(check_every=self.check_every)
        if self.patience is not None:
            check_counts(patience=self.patience)
        check_above_zero(lr=self.lr, clip=1.0 if self.clip is None else self.clip)
        check_at_least_zero(weight_decay=self.weight_decay)
        check_one_of("schedule", self.schedule, SCHEDULES)
        check_one_of("precision", self.precision, [*PRECISIONS, "auto"])

    def but(self, **changes: Any) -> TrainingSettings:
        """Return a copy with the given changes."""
        return replace(self, **changes)

    def as_dict(self) -> dict:
        """Return the settings as plain JSON values, with NumPy numbers converted."""
        return {
            name: value.item() if hasattr(value, "item") else value
            for name, value in asdict(self).items()
        }

    def lr_at(self, step: int) -> float:
        """Return the learning rate of a step, 0 to ``steps - 1``."""
        return self.lr * SCHEDULES[self.schedule](step, self.steps)
