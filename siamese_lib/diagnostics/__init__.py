"""The clinic: checks that name the famous faults of training and evaluation, in plain words.

Look in this order: the data and the pairs (``check_pairs``), one batch on its way through network
and loss (``check_batch``), one batch learned by heart (``overfit_one_batch``), the exam
(``examine``). Each returns a ``Report``, which is silent about what is healthy. They take any
embedding network, images ``(B, C, H, W)`` to embeddings ``(B, D)``, leave it as it is, and leave
the global generators as they were.

A report without a finding is no proof: what was looked at stands in its last line. It cannot see a
threshold that was chosen on the test, or a schedule that started anew when a run was resumed.
"""

from siamese_lib.diagnostics.batch import check_batch
from siamese_lib.diagnostics.exam import examine
from siamese_lib.diagnostics.losses_alone import value_at_one_point
from siamese_lib.diagnostics.measures import OneAnswer
from siamese_lib.diagnostics.overfit import in_order, overfit_one_batch
from siamese_lib.diagnostics.pairs import LossOfPairs, check_pairs
from siamese_lib.diagnostics.report import Finding, Report

__all__ = [
    "Finding",
    "LossOfPairs",
    "OneAnswer",
    "Report",
    "check_batch",
    "check_pairs",
    "examine",
    "in_order",
    "overfit_one_batch",
    "value_at_one_point",
]
