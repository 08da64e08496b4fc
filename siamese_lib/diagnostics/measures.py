"""An exam examined: what it says about models that know nothing."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from siamese_lib.diagnostics.report import Report

# One may lead from the flat end of a sigmoid into its slope, the other beyond it.
FACTORS = (30.0, 1000.0)

Measure = Callable[[Callable[[Tensor], Tensor]], float]


class OneAnswer(nn.Module):
    """Gives every image the same embedding: an honest exam says ``1 / n_way``.

    Args:
        value: of the embedding's numbers; NaN makes a model whose training went wrong.
        out_features: D.
    """

    def __init__(self, value: float = 0.0, out_features: int = 8) -> None:
        super().__init__()
        self.value, self.out_features = value, out_features

    def forward(self, images: Tensor) -> Tensor:
        """Images ``(B, C, H, W)`` to ``(B, D)``, all alike."""
        return torch.full(
            (len(images), self.out_features), self.value, dtype=images.dtype, device=images.device
        )


class _Scaled(nn.Module):
    def __init__(self, model: Callable[[Tensor], Tensor], factor: float) -> None:
        super().__init__()
        self.model, self.factor = model, factor

    def forward(self, images: Tensor) -> Tensor:
        return self.model(images) * self.factor


def look_at_measure(
    report: Report, measure: Measure, model: Callable[[Tensor], Tensor], n_way: int
) -> None:
    """Ask an exam about models of which the answer is known."""
    report.looks("the exam, twice")
    scores = []
    for seed in (1, 2):
        torch.default_generator.manual_seed(seed)
        scores.append(float(measure(model)))
    if scores[0] != scores[1]:
        report.add(
            "unseeded-exam",
            "error",
            "The exam asks other questions each time: two scores differ by chance.",
            f"{scores[0]:.1%} and {scores[1]:.1%} for the same model",
            "a seed of the exam's own: generator=0",
        )
    _look_at_nothing(report, measure, n_way)
    if isinstance(model, nn.Module) and not hasattr(model, "compare"):
        report.looks("the exam of a model with longer embeddings")
        others = []
        for factor in FACTORS:
            torch.default_generator.manual_seed(1)
            others.append(float(measure(_Scaled(model, factor))))
        scaled = max(others, key=lambda one: abs(one - scores[0]))
        if abs(scaled - scores[0]) > 0.05:
            report.add(
                "scale-matters",
                "error",
                "The score changes when all embeddings are made 30 or 1000 times as long, which "
                "leaves the order of all distances as it is: something saturates.",
                f"{scores[0]:.1%} and {scaled:.1%}",
                "rank by distances or logits; no sigmoid before argmax",
            )


def _look_at_nothing(report: Report, measure: Measure, n_way: int) -> None:
    report.looks("the exam of a model that knows nothing")
    nothing = float(measure(OneAnswer()))
    if nothing > 1 / n_way + 0.1:
        report.add(
            "marks-for-nothing",
            "error",
            "A model that gives every image the same embedding gets marks.",
            f"{nothing:.1%}; guessing among {n_way} gives {1 / n_way:.1%}",
            "the right answer at a random place, and 1/m of a mark for a tie of m",
        )
    try:
        broken = float(measure(OneAnswer(float("nan"))))
    except (ValueError, RuntimeError, ArithmeticError, AssertionError):
        return
    if broken == broken:  # an exam that answers NaN says it, too
        report.add(
            "nan-passes",
            "warning",
            "A model whose embeddings are NaN gets a score, and nobody notices.",
            f"{broken:.1%}",
            "raise where a distance is not finite",
        )
