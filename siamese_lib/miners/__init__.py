"""Miners: which pairs and triplets of a batch are worth training on, now.

A miner looks at embeddings without a gradient and returns indices into the batch, which the losses
take as ``indices_tuple``. Names and meanings are pytorch-metric-learning's; distances here are
plain Euclidean distances of the embeddings as they come (scale them to length 1 yourself).
"""

from siamese_lib.miners.base import Miner
from siamese_lib.miners.batch_hard import BatchHardMiner
from siamese_lib.miners.pair_margin import PairMarginMiner
from siamese_lib.miners.triplet_margin import TripletMarginMiner

__all__ = ["BatchHardMiner", "Miner", "PairMarginMiner", "TripletMarginMiner"]
