"""Training: one loop for all losses, its history, and checkpoints that resume exactly."""

from siamese_lib.checkpoints import CheckpointError, load_weights, save_weights
from siamese_lib.training.fit import fit
from siamese_lib.training.history import History
from siamese_lib.training.settings import TrainingSettings
from siamese_lib.training.validation import OneShotValidation, diagnose

__all__ = [
    "CheckpointError",
    "History",
    "OneShotValidation",
    "TrainingSettings",
    "diagnose",
    "fit",
    "load_weights",
    "save_weights",
]
