"""One-shot evaluation, verification, the official trials, and baselines.

Evaluation takes a *scorer*: a network, a function from images to embeddings, or one of the
baselines. With embeddings, a query gets the class of the example at the smallest distance.
"""

from siamese_lib.evaluation.baselines import (
    ConstantScorer,
    ModifiedHausdorffScorer,
    PCAEmbedding,
    colour_histogram,
    pixels,
)
from siamese_lib.evaluation.official import alphabets_of, evaluate_lake
from siamese_lib.evaluation.one_shot import answer_episodes, episode_sampler, one_shot_accuracy
from siamese_lib.evaluation.result import GroupScore, OneShotResult
from siamese_lib.evaluation.scorers import EmbeddingScorer, Scorer, as_scorer
from siamese_lib.evaluation.verification import VerificationReport, verify

__all__ = [
    "ConstantScorer",
    "EmbeddingScorer",
    "GroupScore",
    "ModifiedHausdorffScorer",
    "OneShotResult",
    "PCAEmbedding",
    "Scorer",
    "VerificationReport",
    "alphabets_of",
    "answer_episodes",
    "as_scorer",
    "colour_histogram",
    "episode_sampler",
    "evaluate_lake",
    "one_shot_accuracy",
    "pixels",
    "verify",
]
