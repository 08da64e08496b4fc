"""Miners: choose the pairs and triplets of a batch that are worth training on.

A miner computes no gradient. It returns indices into the batch, which the losses take as
``indices_tuple``. Names and meanings are those of pytorch-metric-learning. Distances are Euclidean
distances of the embeddings as given; to compare unit vectors, normalise the embeddings first.
"""

from siamese_lib.miners.base import Miner
from siamese_lib.miners.batch_hard import BatchHardMiner
from siamese_lib.miners.pair_margin import PairMarginMiner
from siamese_lib.miners.triplet_margin import TripletMarginMiner

__all__ = ["BatchHardMiner", "Miner", "PairMarginMiner", "TripletMarginMiner"]
