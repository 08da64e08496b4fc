"""Bootstrap intervals for figures over pairs, resampling people instead of pairs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from siamese_lib.checks import check_counts, check_ids, check_share
from siamese_lib.metrics.intervals import percentile_interval
from siamese_lib.randomness import as_generator


class PeopleBootstrap:
    """Bootstrap over the people (classes) behind pairs.

    Pairs that share a person are not independent, so resampling *pairs* gives intervals that are
    too narrow. Here people are drawn with replacement, and a pair counts as often as its people
    were drawn (the subsets bootstrap of Bolle, Ratha and Pankanti 2004).

    Args:
        first: Person in the first image of each pair, integers of shape ``(N,)``.
        second: Person in the second image of each pair, integers of shape ``(N,)``.
        n_resamples: Number of resamples of people.
        generator: A ``torch.Generator`` or a seed.

    Raises:
        ValueError: If there are fewer than two people, if lengths differ, or if there are too few
            people to resample.
        TypeError: If ``first`` or ``second`` are not integers.
    """

    def __init__(
        self,
        first: Tensor,
        second: Tensor,
        n_resamples: int = 200,
        generator: torch.Generator | int | None = 0,
    ) -> None:
        check_counts(n_resamples=n_resamples)
        first = check_ids("first", first)
        second = check_ids("second", second, len(first))
        people, places = torch.unique(torch.cat([first, second]), return_inverse=True)
        if len(people) < 2:
            raise ValueError("an interval over people needs two people or more")
        self.first, self.second = places.chunk(2)
        generator = as_generator(generator)
        self.counts = torch.stack(
            [self._one_draw(len(people), generator) for _ in range(n_resamples)]
        )

    def _one_draw(self, n_people: int, generator: torch.Generator) -> Tensor:
        """Return how often each person was drawn, float64 ``(n_people,)``.

        A draw without positive or without negative pairs is repeated.
        """
        is_same = self.first == self.second
        for _ in range(1000):
            drawn = torch.randint(n_people, (n_people,), generator=generator)
            count = torch.bincount(drawn, minlength=n_people).double()
            weight = self._weights_of(count)
            if all(weight[kind].any() for kind in (is_same, ~is_same) if kind.any()):
                return count
        raise ValueError(
            "nearly every draw of people leaves no same pair or no different one: there are too "
            "few people for an interval over people"
        )

    def weights(self, resample: int) -> np.ndarray:
        """Return the weight of each pair in one resample, ``(N,)``.

        The weight of a negative pair is the product of how often its two people were drawn. The
        weight of a positive pair is how often its person was drawn.
        """
        return self._weights_of(self.counts[resample]).numpy()

    def _weights_of(self, count: Tensor) -> Tensor:
        different = count[self.first] * count[self.second]
        return torch.where(self.first == self.second, count[self.first], different)

    def interval(
        self, statistic: Callable[[np.ndarray], float], level: float = 0.95
    ) -> tuple[float, float]:
        """Return the percentile interval of a figure.

        Args:
            statistic: Function that computes the figure from the weights ``(N,)`` of the pairs, for
                example ``lambda w: area_under_curve(distance, same, w)``.
            level: Fraction of the resamples in the interval, between 0 and 1.

        Returns:
            The lower and the upper bound.

        Raises:
            ValueError: If ``level`` is not between 0 and 1.
        """
        check_share("level", level)  # before the work
        values = [statistic(self.weights(number)) for number in range(len(self.counts))]
        return percentile_interval(np.array(values), level)
