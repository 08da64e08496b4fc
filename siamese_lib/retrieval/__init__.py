"""Find the pictures of a collection that are like a given one: search, and what it is worth."""

from siamese_lib.retrieval.exact import ExactIndex, nearest
from siamese_lib.retrieval.indexes import (
    FaissIndex,
    MissingFaissError,
    has_faiss,
)
from siamese_lib.retrieval.measures import average_precision_at_r, r_precision, recall_at
from siamese_lib.retrieval.neighbours import Neighbours
from siamese_lib.retrieval.on_disk import (
    SearchIndex,
    ShardedIndex,
    StoredIndex,
    StoredIndexError,
    merge_neighbours,
    save_index,
)
from siamese_lib.retrieval.report import RetrievalReport, evaluate_retrieval

__all__ = [
    "ExactIndex",
    "FaissIndex",
    "MissingFaissError",
    "Neighbours",
    "RetrievalReport",
    "SearchIndex",
    "ShardedIndex",
    "StoredIndex",
    "StoredIndexError",
    "average_precision_at_r",
    "evaluate_retrieval",
    "has_faiss",
    "merge_neighbours",
    "nearest",
    "r_precision",
    "recall_at",
    "save_index",
]
