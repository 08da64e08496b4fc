"""What the ranks say to each other cannot execute code."""

from siamese_lib.distributed import run_workers


def spoken():
    import pickle

    import torch

    from siamese_lib.distributed import any_rank, from_first_rank, this_rank

    def refuse(*given, **how):
        raise AssertionError("something from the network was unpickled")

    pickle.loads = pickle.load = refuse
    torch.distributed.distributed_c10d._unpickler = refuse
    rank = this_rank()
    said = {"rank": rank, "rows": [torch.arange(3) + rank], "none": None, "text": "é"}
    return [from_first_rank(said), from_first_rank(0.5 + rank), any_rank(rank == 1), any_rank("")]


def test_values_cross_the_network_without_pickle():
    for first, number, one_of_them, nobody in run_workers(spoken, ranks=2):
        assert first["rank"] == 0 and first["rows"][0].tolist() == [0, 1, 2]
        assert first["none"] is None and first["text"] == "é"
        assert (number, one_of_them, nobody) == (0.5, True, False)
