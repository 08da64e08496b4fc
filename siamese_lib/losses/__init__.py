"""Losses on embeddings: contrastive, triplet, logistic, InfoNCE and supervised contrastive.

Everywhere ``same = 1`` means *same class*, a mean is taken over *all* terms (also those at zero),
nothing broadcasts, and a batch without a valid term gives a zero that ``backward()`` can use.
"""

from siamese_lib.losses.contrastive import ArticleContrastiveLoss, ContrastiveLoss
from siamese_lib.losses.infonce import InfoNCELoss, SupConLoss
from siamese_lib.losses.logistic import LogisticPairLoss, pair_logistic
from siamese_lib.losses.triplet import TripletMarginLoss, all_triplets

__all__ = [
    "ArticleContrastiveLoss",
    "ContrastiveLoss",
    "InfoNCELoss",
    "LogisticPairLoss",
    "SupConLoss",
    "TripletMarginLoss",
    "all_triplets",
    "pair_logistic",
]
