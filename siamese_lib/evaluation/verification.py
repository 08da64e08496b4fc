"""Verification of a data set: do two images show the same person?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from siamese_lib.checks import check_counts, check_embeddings
from siamese_lib.data import LabelledImages
from siamese_lib.embedding import embed_all
from siamese_lib.messages import note
from siamese_lib.metrics import (
    ErrorCurve,
    PeopleBootstrap,
    SortedPairs,
    equal_error_rate,
    percentile_interval,
    tar_at_far,
)
from siamese_lib.randomness import as_generator
from siamese_lib.sampling import Pairs, all_pairs

# Below this many people the interval over people is known to be too narrow.
FEW_PEOPLE = 20
# Numbers that are subtracted at once.
AT_ONCE = 1 << 24


@dataclass(frozen=True, eq=False)
class VerificationReport:
    """Result of ``verify``; print it to see the figures with their intervals.

    Attributes:
        name: Name of the data set.
        n_people: Number of people in the data set.
        pairs: Pairs of images that were compared.
        distance: Distance of each pair, a float tensor of shape ``(N,)``.
        figures: Value of each figure, with keys ``"AUC"``, ``"EER"``, ``"TAR at FAR 1%"`` and so
            on.
        intervals: Interval of each figure over people, with the same keys.
        level: Confidence level of the intervals.
    """

    name: str
    n_people: int
    pairs: Pairs
    distance: Tensor
    figures: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    level: float
    _resampled: dict[str, np.ndarray] = field(repr=False)

    def __str__(self) -> str:
        n_same = int(self.pairs.same.sum())
        lines = [
            f"{self.name}: {self.n_people} people, {n_same:,} same pairs, "
            f"{len(self.distance) - n_same:,} different pairs"
        ]
        for name, value in self.figures.items():
            low, high = self.intervals[name]
            lines.append(f"  {name:15} {value:.3f} ({low:.3f} to {high:.3f})")
        lines.append(f"  {self.level:.0%} intervals over people")
        return "\n".join(lines)

    def minus(self, other: VerificationReport) -> dict[str, tuple[float, float, float]]:
        """Return how much higher each figure is in this report than in another, with intervals.

        Both networks are compared on the same pairs and the same resamples of people.

        Args:
            other: Report of ``verify`` on the same images with the same arguments.

        Returns:
            For each figure, the difference and the lower and upper bound of its interval over
            people. If the interval excludes zero, one network is better in this figure.

        Raises:
            ValueError: If the reports are on different pairs.
        """
        same = all(torch.equal(a, b) for a, b in zip(self.pairs, other.pairs, strict=True))
        draws = [len(report._resampled["AUC"]) for report in (self, other)]
        if not same or self.figures.keys() != other.figures.keys() or draws[0] != draws[1]:
            raise ValueError(
                "the two reports are on other pairs: verify both on the same pictures, with the "
                "same arguments"
            )
        result = {}
        for name, difference in ((n, self.figures[n] - other.figures[n]) for n in self.figures):
            resampled = self._resampled[name] - other._resampled[name]
            result[name] = (difference, *percentile_interval(resampled, self.level))
        return result


def verify(
    embed: Callable[[Tensor], Tensor],
    data: LabelledImages,
    fars: Sequence[float] = (0.1, 0.01, 0.001),
    n_pairs: int = 200_000,
    level: float = 0.95,
    n_resamples: int = 200,
    generator: torch.Generator | int | None = 0,
    across_makers: bool = False,
) -> VerificationReport:
    """Compare images of people in pairs, and return AUC, EER and TAR at each FAR with intervals.

    All pairs are compared, or at most ``n_pairs``: all positive pairs if they are at most half of
    ``n_pairs``, and negative pairs at random. The people should not have been used for training.

    The intervals resample people, not pairs (Bolle, Ratha and Pankanti 2004). With few people they
    are too narrow; below 20 people a note says so.

    Args:
        embed: Network or function that maps images to embeddings.
        data: Images of two or more people, with two or more images of at least one of them.
        fars: False accept rates. Rates that the number of negative pairs cannot resolve are left
            out, with a note.
        n_pairs: Maximum number of pairs to compare.
        level: Confidence level of the intervals, between 0 and 1.
        n_resamples: Number of resamples of people.
        generator: A ``torch.Generator`` or a seed.
        across_makers: If True, leave out positive pairs by the same maker, for example two images
            of one day.

    Returns:
        The report. It prints itself, and ``minus`` compares it with the report of a different
        network.

    Raises:
        ValueError: If there is one person, if nobody has two images (by two makers, with
            ``across_makers``), or if embeddings contain NaN or infinity.
    """
    check_counts(n_pairs=n_pairs, n_resamples=n_resamples)
    generator = as_generator(generator)
    pairs = all_pairs(data.labels, n_pairs, generator)
    if across_makers:
        pairs = _across_makers(pairs, data.makers.cpu())
    z = embed_all(embed, data).cpu()
    check_embeddings("embeddings", z)
    z = z - z.mean(dim=0)  # rounding is least at the origin
    distance = _distances(z, pairs)
    n_people = len(data.classes)
    if n_people < FEW_PEOPLE:
        note(f"{n_people} people are few: the true intervals are wider than those printed here")
    n_different = int((pairs.same == 0).sum())
    told = tuple(far for far in fars if far * n_different >= 1)
    if len(told) < len(fars):
        note(f"{n_different:,} different pairs cannot tell a FAR finer than {1 / n_different:.2g}")
    ordered, labels = SortedPairs(distance, pairs.same), data.labels.cpu()
    people = (labels[pairs.first], labels[pairs.second])
    draws = PeopleBootstrap(*people, n_resamples=n_resamples, generator=generator)
    rows = [_figures(ordered.curve(draws.weights(n)), told) for n in range(n_resamples)]
    figures = _figures(ordered.curve(), told)
    resampled = {name: np.array([row[name] for row in rows]) for name in figures}
    intervals = {name: percentile_interval(values, level) for name, values in resampled.items()}
    return VerificationReport(
        data.name, n_people, pairs, distance, figures, intervals, level, resampled
    )


def _distances(z: Tensor, pairs: Pairs) -> Tensor:
    """Return the distance of each pair, float ``(N,)``, computed in parts."""
    at_once = max(1, AT_ONCE // z.shape[1])
    parts = zip(pairs.first.split(at_once), pairs.second.split(at_once), strict=True)
    return torch.cat([(z[first] - z[second]).norm(dim=1) for first, second in parts])


def _across_makers(pairs: Pairs, makers: Tensor) -> Pairs:
    kept = (pairs.same == 0) | (makers[pairs.first] != makers[pairs.second])
    if not pairs.same[kept].any():
        raise ValueError(
            "across_makers=True, but nobody has pictures by two makers: load_folder(maker=) says "
            "who made a picture, or when"
        )
    return Pairs(*(part[kept] for part in pairs))


def _figures(curve: ErrorCurve, fars: Sequence[float]) -> dict[str, float]:
    figures = {"AUC": curve.area, "EER": equal_error_rate(curve)[0]}
    return figures | {f"TAR at FAR {100 * far:g}%": tar_at_far(curve, far)[0] for far in fars}
