"""Intervals for figures over pairs, by drawing people anew, not pairs."""

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

    A hundred pictures make 4,950 pairs, but no more people than before: pairs that share a person
    succeed and fail together. Drawing *pairs* anew takes them for independent and gives intervals
    that are far too narrow. Here people are drawn with replacement; a pair counts as often as its
    two people were drawn (the subsets bootstrap of Bolle, Ratha and Pankanti 2004).

    Args:
        first: integers ``(N,)``, the person in the first picture of each pair.
        second: integers ``(N,)``, the person in the second.
        n_resamples: how often people are drawn anew.
        generator: a ``torch.Generator`` or a seed.

    Raises:
        ValueError: fewer than two people, lengths that differ, or too few people to draw from.
        TypeError: the people are not integers.
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
        """How often each person was drawn: float64 ``(n_people,)``.

        A draw that leaves no same pair, or no different one, has no error rate: it is made again.
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
        """How much each pair counts in one resample, ``(N,)``.

        A different pair counts once for each time that its two people meet in the draw, a same
        pair once for each time that its person was drawn.
        """
        return self._weights_of(self.counts[resample]).numpy()

    def _weights_of(self, count: Tensor) -> Tensor:
        different = count[self.first] * count[self.second]
        return torch.where(self.first == self.second, count[self.first], different)

    def interval(
        self, statistic: Callable[[np.ndarray], float], level: float = 0.95
    ) -> tuple[float, float]:
        """Percentile interval of a figure.

        Args:
            statistic: from weights ``(N,)`` of the pairs to the figure, for example
                ``lambda w: area_under_curve(distance, same, w)``.
            level: share of the resamples that the interval holds.

        Returns:
            The lower and the upper end.

        Raises:
            ValueError: a level that is not between 0 and 1.
        """
        check_share("level", level)  # before the work
        values = [statistic(self.weights(number)) for number in range(len(self.counts))]
        return percentile_interval(np.array(values), level)
