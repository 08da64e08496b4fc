"""A hidden property of many questions: an answer leaves alone what it is given."""

from __future__ import annotations

from typing import Any

import numpy as np

from siamese_classroom.asking import Ask
from siamese_classroom.question import Property


def untouched(*args: Any, seed: int | None = None, **options: Any) -> Property:
    """Functions leave the tensors that they are given as they were.

    Args:
        *args: Of the function.
        seed: Of the generator that it gets; None for one that gets none.
        **options: Of the function.
    """

    def holds(ask: Ask) -> str | None:
        after = ask("arguments_after", args=list(args), options=options, seed=seed)
        kept = (
            np.array_equal(np.asarray(now, np.float32), np.asarray(given, np.float32))
            for now, given in zip(after, args, strict=True)
        )
        return None if all(kept) else "it writes into the tensors that it is given"

    return Property("leaves its arguments as they were", holds, 1, guard=True)
