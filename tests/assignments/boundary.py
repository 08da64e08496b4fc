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
LOSS = "def contrastive_loss(distance, same, margin=1.0):\n    "
NO_LOSS = {**ALL, "contrastive_loss": 0}
# What comes back from an answer that means to fill the grader's memory or its pages.
ANSWERS = {
    "a name of an error, 4 MB long": "raise type('x' * 4_000_000, (Exception,), {})()",
    "a message, 40 MB long": "raise ValueError('x' * 40_000_000)",
    "a message with terminal escapes": "raise ValueError('\\x1b]0;owned\\x07\\x1b[2J\\u202e')",
    "deep lists": "x = []\n    for _ in range(100_000): x = [x]\n    return x",
    "many lists": "return [[] for _ in range(3_000_000)]",
    "a number with 400 digits": "return 10 ** 400",
    "a number with a million digits": "return 1 << 3_000_000",
    "20 million numbers": "return torch.zeros(19_000_000)",
    "numbers of a complex type": "return torch.zeros(3, dtype=torch.complex64)",
    "keys that are long": "return {'x' * 2_000_000: 1}",
}
