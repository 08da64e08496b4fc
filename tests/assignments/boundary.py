"""What the tests of the sandbox share."""

from grading.sandbox import Limits
from grading.sandbox.limits import MiB

NAME = "1_twins_and_losses"
QUICK = Limits(
    cell_seconds=8,
    probe_seconds=5,
    total_seconds=120,
    memory_bytes=2048 * MiB,
    n_processes=12,
    output_bytes=2 * MiB,
)
ALL = {"distance": 10, "Twins": 10, "contrastive_loss": 12, "contrastive_gradient": 10}
ALL["triplet_loss"] = 10
