"""From one process to many: shares of a batch, gathered embeddings, work that can be killed.

A program of several processes is started by ``torchrun`` (or ``run_workers``, which a notebook can
use); each process is a *rank*. The same code runs with one process, where nothing is gathered.
"""

from siamese_lib.distributed.gathering import gather
from siamese_lib.distributed.grad_cache import backward_in_chunks
from siamese_lib.distributed.processes import (
    any_rank,
    die,
    from_first_rank,
    n_ranks,
    own_device,
    process_group,
    this_rank,
)
from siamese_lib.distributed.rank_sampler import BatchSource, RankSampler, own_part
from siamese_lib.distributed.replicas import (
    average_gradients,
    copy_of_first,
    in_parallel,
    seed_noise,
)
from siamese_lib.distributed.shards import ShardError, embed_shards, read_shards
from siamese_lib.distributed.workers import WorkerError, run_workers

__all__ = [
    "BatchSource",
    "RankSampler",
    "ShardError",
    "WorkerError",
    "any_rank",
    "average_gradients",
    "backward_in_chunks",
    "copy_of_first",
    "die",
    "embed_shards",
    "from_first_rank",
    "gather",
    "in_parallel",
    "n_ranks",
    "own_device",
    "own_part",
    "process_group",
    "read_shards",
    "run_workers",
    "seed_noise",
    "this_rank",
]
