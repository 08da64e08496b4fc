"""Which images meet: P x K batches, pairs, triplets and episodes, as tensors of indices.

Each sampler takes labels and gives indices, many batches in one call and without a Python loop.
Indices are drawn on the CPU (the same seed gives the same batch on every machine); images are
gathered on the device with ``LabelledImages.batch``.
"""

from siamese_lib.sampling.episodes import Episodes, EpisodeSampler
from siamese_lib.sampling.per_class import MPerClassSampler
from siamese_lib.sampling.tuples import Pairs, PairSampler, Triplets, TripletSampler

__all__ = [
    "EpisodeSampler",
    "Episodes",
    "MPerClassSampler",
    "PairSampler",
    "Pairs",
    "TripletSampler",
    "Triplets",
]
