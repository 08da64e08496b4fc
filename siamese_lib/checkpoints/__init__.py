"""Weights and whole runs in files: written whole or not at all, refused where they do not fit."""

from siamese_lib.checkpoints.describing import describe_run
from siamese_lib.checkpoints.run import ResumableRun
from siamese_lib.checkpoints.weights import CheckpointError, load_into, load_weights, save_weights

__all__ = [
    "CheckpointError",
    "ResumableRun",
    "describe_run",
    "load_into",
    "load_weights",
    "save_weights",
]
