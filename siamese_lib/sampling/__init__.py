"""Samplers of P x K batches, pairs, triplets and episodes, as tensors of indices.

A sampler takes labels and returns indices of many batches in one call. Indices are drawn on the
CPU, so that the same seed gives the same batches on every machine. ``LabelledImages.batch`` gathers
the images on their device.
"""

from siamese_lib.batch_indices import Triplets
from siamese_lib.sampling.buckets import Buckets, random_subsets
from siamese_lib.sampling.episodes import Episodes, EpisodeSampler
from siamese_lib.sampling.genuine_and_forged import GenuineAndForgedSampler
from siamese_lib.sampling.pairs_and_triplets import (
    Pairs,
    PairSampler,
    TripletSampler,
    all_pairs,
)
from siamese_lib.sampling.per_class import MPerClassSampler

__all__ = [
    "Buckets",
    "EpisodeSampler",
    "Episodes",
    "GenuineAndForgedSampler",
    "MPerClassSampler",
    "PairSampler",
    "Pairs",
    "TripletSampler",
    "Triplets",
    "all_pairs",
    "random_subsets",
]
