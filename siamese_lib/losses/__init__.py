"""Losses on embeddings: contrastive, triplet, logistic, InfoNCE, supervised contrastive, softmax.

All losses are called as ``loss(embeddings, labels, indices_tuple=None)`` on a batch. To compute a
loss on given pairs or triplets, call ``of_pairs`` or ``of_triplets``. In all losses, ``same = 1``
means *same class*, the mean includes the terms that are zero, and nothing broadcasts. If a batch
has no valid term, the loss is a zero on which ``backward()`` can be called.
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
