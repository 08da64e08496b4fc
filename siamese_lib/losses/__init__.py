"""Losses on embeddings: contrastive, triplet, logistic, InfoNCE, supervised contrastive, softmax.

All are called as ``loss(embeddings, labels, indices_tuple=None)`` on a batch. Pairs and triplets
that you have at hand go to ``of_pairs`` and ``of_triplets``. Everywhere ``same = 1`` means *same
class*, a mean is taken over *all* terms (also those at zero), nothing broadcasts, and a batch
without a valid term returns a zero that ``backward()`` can use.
"""

from siamese_lib.batch_indices import all_triplets
from siamese_lib.losses.base import BatchLoss, PairLoss
from siamese_lib.losses.contrastive import ArticleContrastiveLoss, ContrastiveLoss
from siamese_lib.losses.infonce import InfoNCELoss, SupConLoss
from siamese_lib.losses.logistic import LogisticPairLoss
from siamese_lib.losses.softmax import NormalizedSoftmaxLoss
from siamese_lib.losses.triplet import TripletMarginLoss

__all__ = [
    "ArticleContrastiveLoss",
    "BatchLoss",
    "ContrastiveLoss",
    "InfoNCELoss",
    "LogisticPairLoss",
    "NormalizedSoftmaxLoss",
    "PairLoss",
    "SupConLoss",
    "TripletMarginLoss",
    "all_triplets",
]
