"""Retrieval of a whole set in one call: every picture is the query once, all others the gallery."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from siamese_lib.checks import check_counts, check_embeddings, check_one_of, check_share
from siamese_lib.data import LabelledImages
from siamese_lib.embedding import embed_all
from siamese_lib.messages import note
from siamese_lib.metrics import percentile_interval
from siamese_lib.randomness import as_generator
from siamese_lib.retrieval.exact import nearest
from siamese_lib.retrieval.measures import average_precision_at_r, r_precision, recall_at
from siamese_lib.retrieval.neighbours import Neighbours

OVER = ("classes", "groups")


@dataclass(frozen=True, eq=False)
class RetrievalReport:
    """What ``evaluate_retrieval`` measured. Print it.

    Attributes:
        name: of the set.
        n_gallery: pictures in it.
        queries: int64 ``(Q,)``, which of the pictures were queries: those with a mate.
        labels: int64 ``(Q,)``, their classes.
        groups: int64 ``(Q,)``, their groups.
        n_mates: int64 ``(Q,)``, pictures of the same class that could be found.
        neighbours: of each query.
        hits: bool ``(Q, K)``, whether the neighbour at each rank is a mate.
        values: from ``"Recall@1"``, ..., ``"R-precision"`` and ``"MAP@R"`` to the values of all
            queries, float64 ``(Q,)``.
    """

    name: str
    n_gallery: int
    queries: Tensor
    labels: Tensor
    groups: Tensor
    n_mates: Tensor
    neighbours: Neighbours
    hits: Tensor
    values: dict[str, Tensor]

    @property
    def figures(self) -> dict[str, float]:
        """Each measure's mean over queries, 0 to 1."""
        return {name: value.mean().item() for name, value in self.values.items()}

    def interval(
        self,
        measure: str,
        over: str = "classes",
        level: float = 0.95,
        n_resamples: int = 1000,
        generator: torch.Generator | int | None = 0,
    ) -> tuple[float, float]:
        """Interval of a measure, drawing classes (or groups) of queries anew.

        Queries of one class succeed and fail together, so it is classes that are drawn, with
        replacement. The gallery stays what it is: the interval says what other queries would give
        in this collection.

        Args:
            measure: one of ``figures``.
            over: ``"classes"``, or ``"groups"`` (alphabets) where the next ones would be new.
            level: of the interval.
            n_resamples: how often they are drawn.
            generator: a ``torch.Generator`` or a seed.

        Returns:
            The lower and the upper end.

        Raises:
            ValueError: an unknown measure, fewer than two classes or groups, a level that is not
                between 0 and 1.
        """
        check_one_of("measure", measure, self.values)
        return self._drawn_anew(self.values[measure], over, level, n_resamples, generator)

    def minus(
        self,
        other: RetrievalReport,
        measure: str,
        over: str = "classes",
        level: float = 0.95,
        n_resamples: int = 1000,
        generator: torch.Generator | int | None = 0,
    ) -> tuple[float, float, float]:
        """How much higher a measure is here than there, query by query, with an interval.

        Args:
            other: a report on the same pictures, embedded in another way.
            measure: as for ``interval``, and so the rest.

        Returns:
            The mean difference, and the lower and the upper end of its interval. One without zero
            says that one of them is better.

        Raises:
            ValueError: a report on other queries, or as for ``interval``.
        """
        check_one_of("measure", measure, self.values)
        same = self.n_gallery == other.n_gallery and all(
            torch.equal(getattr(self, field).cpu(), getattr(other, field).cpu())
            for field in ("queries", "labels", "n_mates")
        )
        if not same or measure not in other.values:
            raise ValueError(
                "the two reports are on other queries: evaluate both on the same pictures, with "
                "the same arguments"
            )
        difference = self.values[measure].cpu() - other.values[measure].cpu()
        ends = self._drawn_anew(difference, over, level, n_resamples, generator)
        return (difference.mean().item(), *ends)

    def _drawn_anew(
        self,
        values: Tensor,
        over: str,
        level: float,
        n_resamples: int,
        generator: torch.Generator | int | None,
    ) -> tuple[float, float]:
        check_one_of("over", over, OVER)
        check_share("level", level)
        check_counts(n_resamples=n_resamples)
        units = (self.labels if over == "classes" else self.groups).cpu()
        _, unit, size = units.unique(return_inverse=True, return_counts=True)
        if len(size) < 2:
            raise ValueError(f"an interval over {over} needs two or more of them, got {len(size)}")
        total = torch.zeros(len(size), dtype=torch.float64).index_add_(0, unit, values.cpu())
        drawn = torch.randint(
            len(size), (n_resamples, len(size)), generator=as_generator(generator)
        )
        means = total[drawn].sum(dim=1) / size[drawn].sum(dim=1)
        return percentile_interval(means.numpy(), level)

    def __str__(self) -> str:
        lines = [
            f"{self.name}: {len(self.queries):,} queries of {len(self.labels.unique()):,} classes "
            f"in a gallery of {self.n_gallery:,}, each without the query itself"
        ]
        several = len(self.labels.unique()) > 1
        for name, value in self.figures.items():
            ends = "{:.3f} to {:.3f}".format(*self.interval(name)) if several else "one class"
            lines.append(f"  {name:12} {value:.3f} ({ends})")
        lines.append("  95 % intervals over classes")
        return "\n".join(lines)


def evaluate_retrieval(
    embed: Callable[[Tensor], Tensor] | Tensor,
    data: LabelledImages,
    ks: Sequence[int] = (1, 5, 10),
    across_makers: bool = False,
) -> RetrievalReport:
    """Recall@K, R-precision and MAP@R (Musgrave, Belongie and Lim 2020), leaving one out.

    Each picture is the query once, and all others are the gallery. A picture whose class has no
    other cannot be answered rightly: it is no query, but stays in the gallery, and a note says how
    many there are.

    Args:
        embed: a network, any function from images to embeddings, or the embeddings of all pictures,
            ``(N, D)``.
        data: pictures of classes that the network has not been trained on.
        ks: for Recall@K.
        across_makers: pictures of the query's class by the query's own maker (of one session,
            say) are left out of its ranking, as neither right nor wrong.

    Returns:
        The report, which prints itself, and compares itself with another network's.

    Raises:
        ValueError: no class with two pictures (by two makers, with ``across_makers``), fewer
            pictures than K, embeddings that are NaN, or not one for each picture.
    """
    check_counts(**{f"ks[{place}]": k for place, k in enumerate(ks)})
    z = embed if isinstance(embed, Tensor) else embed_all(embed, data)
    check_embeddings("embeddings", z)
    if len(z) != len(data):
        raise ValueError(f"there are {len(z)} embeddings for {len(data)} pictures")
    labels = data.labels.to(z.device)
    makers = data.makers.to(z.device)
    # What a query must not find: itself, or all of its class by its maker.
    own = labels * (int(makers.max()) + 1) + makers if across_makers else torch.arange(len(data))
    own = own.to(z.device)
    n_mates = _how_often(labels) - _how_often(own)
    queries = (n_mates > 0).nonzero().squeeze(1)
    if len(queries) == 0:
        kind = "by two makers " if across_makers else ""
        raise ValueError(
            f"{data.name}: no class has two pictures {kind}or more, so nothing right can be found"
        )
    if len(queries) < len(data):
        n_lonely = len(data) - len(queries)
        kind = " by another maker" if across_makers else ""
        note(
            f"{n_lonely:,} of {len(data):,} pictures have no other one of their class{kind}: they "
            "are no queries, but stay in the gallery"
        )
    k = max(*ks, int(n_mates.max()))
    found = nearest(z[queries], z, k, exclude=(own[queries], own))
    hits = labels[found.indices] == labels[queries, None]
    n_mates = n_mates[queries]
    values = {f"Recall@{k}": recall_at(hits, k) for k in ks}
    values["R-precision"] = r_precision(hits, n_mates)
    values["MAP@R"] = average_precision_at_r(hits, n_mates)
    return RetrievalReport(
        data.name,
        len(data),
        queries,
        labels[queries],
        data.groups.to(z.device)[queries],
        n_mates,
        found,
        hits,
        values,
    )


def _how_often(numbers: Tensor) -> Tensor:
    """How often each entry's number occurs, int64 ``(N,)``."""
    _, place, count = numbers.unique(return_inverse=True, return_counts=True)
    return count[place]
