"""History of a training run."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from siamese_lib.messages import note

if TYPE_CHECKING:
    import matplotlib.figure


@dataclass
class History:
    """Losses and checks of a training run.

    Attributes:
        losses: Loss of each step.
        checks: One row for each check: ``step``, ``spread``, ``positive_distance``,
            ``negative_distance``, ``active`` (fraction of terms with a loss above zero, if the loss
            counts them) and ``accuracy`` (validation, 0 to 1, if there is one).
        best_step: Step of the best validation accuracy, None without validation.
        stopped: Reason why the run ended: ``"finished"``, ``"early"`` or ``"interrupted"``.
    """

    losses: list[float] = field(default_factory=list)
    checks: list[dict[str, float]] = field(default_factory=list)
    best_step: int | None = None
    stopped: str = "finished"

    @property
    def best_accuracy(self) -> float | None:
        """Best validation accuracy, None without validation."""
        return max((row["accuracy"] for row in self.checks if "accuracy" in row), default=None)

    @classmethod
    def going_on(cls, saved: dict) -> History:
        """Return the history that continues ``saved``, the result of ``as_dict``.

        An empty ``saved`` begins a new history.

        Raises:
            ValueError: If ``saved`` does not have the form that ``as_dict`` returns.
        """
        try:
            history = cls(**saved)
            history._check_kinds()
        except (TypeError, AttributeError) as error:
            raise ValueError(
                f"the checkpoint is damaged: its history cannot be read ({error}). Delete it to "
                "begin again."
            ) from error
        if history.losses:
            note(f"going on from step {len(history.losses)}")
        if history.stopped == "interrupted":
            history.stopped = "finished"
        return history

    def _check_kinds(self) -> None:
        """Raise TypeError if an attribute has an unexpected type or value."""
        numbers = [*self.losses, *(value for row in self.checks for value in row.values())]
        if not all(isinstance(number, (int, float)) for number in numbers):
            raise TypeError("losses and checks must be numbers")
        if not (self.best_step is None or isinstance(self.best_step, int)):
            raise TypeError(f"best_step must be an int, got {self.best_step!r}")
        if self.stopped not in ("finished", "early", "interrupted"):
            raise TypeError(f"stopped is {self.stopped!r}")

    def as_dict(self) -> dict:
        """Return the history as plain JSON values."""
        return asdict(self)

    def add(self, row: dict[str, float], patience: int | None = None) -> bool:
        """Add a check.

        Args:
            row: Results of the check, as in ``checks``.
            patience: Number of checks without a better accuracy after which the run stops early.
                Default: no early stopping.

        Returns:
            Whether the accuracy is the best so far.

        Raises:
            ValueError: If the accuracy is NaN.
        """
        best_before = self.best_accuracy
        self.checks.append(row)
        if "accuracy" not in row:
            return False
        if math.isnan(row["accuracy"]):
            raise ValueError(f"the validation returned NaN at step {row['step']:.0f}")
        is_best = best_before is None or row["accuracy"] > best_before
        if is_best:
            self.best_step = int(row["step"])
        since = sum(check["step"] > (self.best_step or 0) for check in self.checks)
        if patience is not None and since >= patience:
            self.stopped = "early"
        return is_best

    def plot(self) -> matplotlib.figure.Figure:
        """Plot loss, distances and validation accuracy over the steps, side by side.

        The colours are those of matplotlib's current cycle.
        """
        validated = [row for row in self.checks if "accuracy" in row]
        panels = 3 if validated else 2
        import matplotlib.pyplot as plt  # training itself draws nothing

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
