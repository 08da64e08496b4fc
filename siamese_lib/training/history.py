"""What happened while training."""

from __future__ import annotations

from dataclasses import dataclass, field

import matplotlib.pyplot as plt
from matplotlib.figure import Figure


@dataclass
class History:
    """The course of a training run.

    Attributes:
        losses: the loss of each step.
        checks: one row for each look at the network: ``step``, ``spread``, ``positive_distance``,
            ``negative_distance``, ``active`` (share of terms with a loss above zero, where the
            loss counts them) and ``accuracy`` (validation, 0 to 1, where there is one).
        best_step: the step of the best validation accuracy, None without validation.
        stopped: why the run ended: ``"finished"``, ``"early"`` or ``"interrupted"``.
    """

    losses: list[float] = field(default_factory=list)
    checks: list[dict[str, float]] = field(default_factory=list)
    best_step: int | None = None
    stopped: str = "finished"

    @property
    def best_accuracy(self) -> float | None:
        """The best validation accuracy, None without validation."""
        return max((row["accuracy"] for row in self.checks if "accuracy" in row), default=None)

    def plot(self) -> Figure:
        """Loss, distances and validation accuracy over the steps, side by side.

        In the colours of matplotlib's current cycle.
        """
        validated = [row for row in self.checks if "accuracy" in row]
        panels = 3 if validated else 2
        figure, axes = plt.subplots(1, panels, figsize=(3.4 * panels, 2.6))
        axes[0].plot(range(1, len(self.losses) + 1), self.losses, color="C4", lw=0.8)
        axes[0].set(title="loss", xlabel="step")
        steps = [row["step"] for row in self.checks]
        for name, colour in (
            ("negative_distance", "C1"),
            ("positive_distance", "C0"),
            ("spread", "C2"),
        ):
            values = [row[name] for row in self.checks]
            axes[1].plot(steps, values, "o-", ms=3, color=colour, label=name.replace("_", " "))
        axes[1].set(title="distances in a batch", xlabel="step", ylim=(0, None))
        axes[1].legend(fontsize=8)
        if validated:
            values = [100 * row["accuracy"] for row in validated]
            axes[2].plot([row["step"] for row in validated], values, "o-", ms=3, color="C0")
            axes[2].set(title="one-shot, held out, %", xlabel="step")
        return figure
