"""An endless stream of characters that nobody has seen before."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from siamese_lib.data.glyphs.alphabets import Characters, design_alphabets, design_characters
from siamese_lib.data.glyphs.drawers import Drawers, draw, meet_drawers
from siamese_lib.data.labelled_images import as_floats
from siamese_lib.randomness import as_generator


class GlyphStream:
    """P x K batches of new characters, designed and drawn on the device where you train.

    Each batch holds ``n_alphabets`` new alphabets with ``n_classes / n_alphabets`` characters
    each, so that it has look-alikes (the same alphabet) as well as strangers.

    Args:
        n_classes: P, characters in a batch.
        n_per_class: K, drawings of each character, by K different drawers.
        n_alphabets: alphabets in a batch; must divide ``n_classes``.
        size: side of the images in pixels.
        device: where the images are made.
        generator: a generator on that device, or a seed.

    Raises:
        ValueError: a number below 1, or ``n_alphabets`` does not divide ``n_classes``.
    """

    def __init__(
        self,
        n_classes: int = 32,
        n_per_class: int = 4,
        n_alphabets: int = 4,
        size: int = 28,
        device: torch.device | str = "cpu",
        generator: torch.Generator | int | None = None,
    ) -> None:
        for name, value in (("n_classes", n_classes), ("n_per_class", n_per_class)):
            if value < 1:
                raise ValueError(f"{name} must be 1 or more, got {value}")
        if n_alphabets < 1 or n_classes % n_alphabets:
            raise ValueError(
                f"n_alphabets={n_alphabets} does not divide n_classes={n_classes} into alphabets "
                "of equal size"
            )
        self.n_classes = n_classes
        self.n_per_class = n_per_class
        self.n_alphabets = n_alphabets
        self.size = size
        self.generator = as_generator(generator, device)

    def batch(self) -> tuple[Tensor, Tensor]:
        """The next batch.

        Returns:
            Images, float32 ``(P * K, 1, size, size)`` in [0, 1], and labels, int64 ``(P * K,)``
            from 0 to P - 1. The labels of two batches have nothing to do with each other.
        """
        alphabets = design_alphabets(self.n_alphabets, self.generator)
        characters = design_characters(
            alphabets, self.n_classes // self.n_alphabets, self.generator
        )
        labels = torch.arange(self.n_classes, device=self.generator.device)
        labels = labels.repeat_interleave(self.n_per_class)
        # Every alphabet has its own K drawers: two letters of it may be by the same hand.
        alphabet = labels // (self.n_classes // self.n_alphabets)
        hand = torch.arange(len(labels), device=labels.device) % self.n_per_class
        drawers = meet_drawers(self.n_alphabets * self.n_per_class, self.generator)
        images = draw(
            Characters(*(field[labels] for field in characters)),
            Drawers(*(field[alphabet * self.n_per_class + hand] for field in drawers)),
            self.size,
            self.generator,
        )
        return as_floats(images), labels

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            yield self.batch()
