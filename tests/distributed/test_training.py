"""``fit`` over ranks: the run of one process, checkpoints that any number of ranks can resume."""

import json
import os
import subprocess
import sys

import pytest
import torch
from on_ranks import trained

from siamese_lib.distributed import WorkerError, run_workers
from siamese_lib.training import CheckpointError, TrainingSettings

LR_AT = TrainingSettings.lr_at


def on(ranks, **arguments):
    """What a short run comes to, the same on all ranks."""
    if ranks == 1:
        return trained(**arguments)
    first, *others = run_workers(trained, ranks=ranks, **arguments)
    for other in others:
        assert torch.equal(first["weights"], other["weights"])
        assert first["losses"] == other["losses"] and first["checks"] == other["checks"]
    return first


@pytest.fixture(scope="module")
def alone():
    return trained()


def test_two_ranks_train_as_one_process(alone):
    """Without noise the weights are the same; Adam makes rounding larger where gradients are 0."""
    two = on(2)
    torch.testing.assert_close(two["weights"], alone["weights"], atol=1e-4, rtol=1e-4)
    assert two["losses"] == pytest.approx(alone["losses"], abs=1e-5)
    assert [row["step"] for row in two["checks"]] == [4, 8, 12]


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 1)])
def test_a_checkpoint_is_resumed_by_another_number_of_ranks(alone, tmp_path, before, after):
    path = str(tmp_path / "run.safetensors")
    with pytest.raises((WorkerError, Stop)):
        stopped(before, path)
    assert (tmp_path / "run.safetensors").exists()
    resumed = on(after, checkpoint=path)
    torch.testing.assert_close(resumed["weights"], alone["weights"], atol=1e-4, rtol=1e-4)
    assert len(resumed["losses"]) == 12


class Stop(Exception):
    """The end of a run half-way."""


def stopped(ranks, path):
    """A run without noise that ends in its sixth step."""
    run_workers(dies, ranks=ranks, checkpoint=path) if ranks > 1 else dies(path)


def dies(checkpoint):
    """Each rank raises an error in its sixth step, after its first look."""
    TrainingSettings.lr_at = lr_until_6
    try:
        return trained(checkpoint=checkpoint)
    finally:
        TrainingSettings.lr_at = LR_AT


def lr_until_6(settings, step):
    if step == 6:
        raise Stop("in step 6")
    return LR_AT(settings, step)


def test_a_rank_that_is_killed_and_a_run_that_goes_on(tmp_path):
    """With noise, over two ranks, bit for bit as if nothing had happened."""
    noise = {"augment": True, "dropout": 0.3, "checkpoint": None}
    whole = on(2, **noise)
    noise["checkpoint"] = str(tmp_path / "run.safetensors")
    with pytest.raises(WorkerError, match="rank 1 was killed by signal 9"):
        run_workers(trained, ranks=2, **{**noise, "dies_at": 7})
    resumed = on(2, **noise)
    assert torch.equal(resumed["weights"], whole["weights"])
    assert resumed["losses"] == whole["losses"] and resumed["checks"] == whole["checks"]


def test_the_ranks_draw_different_noise():
    alone, two = (on(ranks, dropout=0.3, steps=2) for ranks in (1, 2))
    assert two["losses"] != pytest.approx(alone["losses"], abs=1e-5)


def test_what_cannot_be_shared_is_refused():
    with pytest.raises(WorkerError, match="batch of 32 cannot be shared equally among 3 ranks"):
        run_workers(trained, ranks=3)


def sees_no_file(checkpoint):
    from siamese_lib.distributed import this_rank

    return trained(checkpoint=checkpoint if this_rank() == 0 else checkpoint + " of another disk")


def test_a_checkpoint_that_not_all_ranks_see_is_refused(tmp_path):
    path = str(tmp_path / "run.safetensors")
    with pytest.raises(Stop):
        dies(path)
    with pytest.raises(WorkerError, match="different steps .*on a disk that all of them see"):
        run_workers(sees_no_file, ranks=2, checkpoint=path)


def command_line(tmp_path, *words, ranks=2):
    """``python -m torch.distributed.run ... -m siamese_lib train`` on Glyphs, very short."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(ranks), "-m", "siamese_lib", "train", "--recipe", "minimal"]
    command += ["--source", "glyphs", "--device", "cpu", "--episodes", "2", "--seed", "3"]
    command += ["--out", str(tmp_path / "weights.safetensors"), *words]
    environment = {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo", **os.environ}
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="names the network of this machine lo")
def test_the_command_line_over_two_ranks(tmp_path):
    done = command_line(tmp_path, "--steps", "2", "--checkpoint", "run.safetensors")
    assert done.returncode == 0, done.stderr[-2000:]
    # PyTorch 2.8 prints notes of its own.
    lines = [one for one in done.stdout.strip().splitlines() if not one.startswith("[Gloo]")]
    assert len(lines) == len(set(lines)) == 6, "one rank prints"
    row = json.loads(lines[-1])
    assert row["ranks"] == 2 and row["steps"] == 2
    found = {path.name for path in tmp_path.glob("*.safetensors")}
    assert found == {"weights.safetensors", "run.safetensors"}


def test_a_checkpoint_of_another_run_is_refused_as_before(tmp_path):
    path = str(tmp_path / "run.safetensors")
    trained(checkpoint=path, steps=4)
    with pytest.raises(CheckpointError, match="steps is 4 there and 8 here"):
        trained(checkpoint=path, steps=8)
