"""Gradients over ranks against one process with the joined batch."""

import pytest
import torch
from on_ranks import all_gradients, gradients_of, loss_cases, network_of, odds_and_ends
from torch import nn

from siamese_lib import losses
from siamese_lib.distributed import backward_in_chunks, gather, run_workers
from siamese_lib.losses import SupConLoss


@pytest.fixture(scope="module")
def on_two_ranks():
    return run_workers(all_gradients, ranks=2)


def test_every_loss_of_the_course_is_tried():
    tried = {type(loss) for loss, _ in loss_cases().values()}
    every = {getattr(losses, name) for name in losses.__all__ if name.endswith("Loss")}
    assert tried == every - {losses.BatchLoss, losses.PairLoss}


@pytest.mark.parametrize("kind", ["random", "uneven"])
@pytest.mark.parametrize("name", loss_cases())
def test_gradient_is_that_of_one_process(on_two_ranks, name, kind):
    alone = gradients_of(name, kind)
    assert alone["gradient"].norm() > 1e-3 or name == "triplet, easy"
    for rank in on_two_ranks:
        found = rank[f"{name} / {kind}"]
        torch.testing.assert_close(found["gradient"], alone["gradient"], atol=1e-6, rtol=1e-6)
        assert found["loss"] == pytest.approx(alone["loss"], abs=1e-9)
        assert found["terms"] == alone["terms"] and found["active"] == alone["active"]


@pytest.mark.parametrize("name", ["contrastive", "triplet", "triplet, squared"])
def test_the_ranks_have_had_different_numbers_of_active_terms(on_two_ranks, name):
    """Or the test above would not see a mean over each rank's own terms."""
    first, second = (rank[f"{name} / uneven"]["active here"] for rank in on_two_ranks)
    assert first != second


def test_in_chunks_over_ranks(on_two_ranks):
    alone = gradients_of("supcon", "random")["gradient"]
    for rank in on_two_ranks:
        torch.testing.assert_close(rank["in chunks"]["gradient"], alone, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("chunk_size", [1, 3, 16, 100])
@pytest.mark.parametrize("name", loss_cases())
def test_in_chunks_the_gradient_is_that_of_the_batch(name, chunk_size):
    plain, chunked = gradients_of(name, "random"), gradients_of(name, "random", chunk_size)
    torch.testing.assert_close(chunked["gradient"], plain["gradient"], atol=1e-6, rtol=1e-6)
    assert chunked["loss"] == pytest.approx(plain["loss"])


def test_in_chunks_dropout_draws_the_same_masks_twice():
    """The embeddings of the loss are those that the gradient goes back through."""
    network, images = network_of(dropout=0.5), torch.ones(8, 6, dtype=torch.float64)
    torch.manual_seed(3)
    expected = network(images)
    expected.square().sum().backward()
    plain = [p.grad.clone() for p in network.parameters()]
    after = torch.rand(1)
    network.zero_grad()
    torch.manual_seed(3)
    _, z = backward_in_chunks(network, images, lambda z: z.square().sum(), chunk_size=8)
    assert torch.equal(z, expected) and not z.requires_grad
    for parameter, gradient in zip(network.parameters(), plain, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)
    assert torch.equal(torch.rand(1), after), "one pass was drawn, as far as others can see"


def test_in_chunks_gradients_are_added_and_sizes_checked():
    network, images = nn.Linear(2, 2), torch.eye(2)
    backward_in_chunks(network, images, lambda z: z.sum(), chunk_size=1)
    once = network.weight.grad.clone()
    backward_in_chunks(network, images, lambda z: z.sum(), chunk_size=1)
    torch.testing.assert_close(network.weight.grad, 2 * once)
    with pytest.raises(ValueError, match="chunk_size must be an int of 1 or more, got 0"):
        backward_in_chunks(network, images, lambda z: z.sum(), chunk_size=0)


def test_summing_the_losses_of_chunks_is_something_else():
    """What GradCache is for: smaller batches have other terms."""
    network = network_of()
    images, labels = torch.randn(16, 6, dtype=torch.float64), torch.arange(4).repeat(4)
    SupConLoss()(network(images), labels).backward()
    whole = network[0].weight.grad.clone()
    network.zero_grad()
    for part, some in zip(images.split(8), labels.split(8), strict=True):
        (SupConLoss()(network(part), some) / 2).backward()
    assert not torch.allclose(network[0].weight.grad, whole, rtol=0.05)


def test_with_one_process_nothing_is_gathered():
    rows = torch.zeros(2, 3)
    assert gather(rows) is rows


def test_small_things_on_three_ranks():
    found = run_workers(odds_and_ends, ranks=3)
    for rank in found:
        expected = torch.cat([torch.arange(4.0).view(2, 2) + 10 * r for r in range(3)])
        assert torch.equal(rank["gathered"], expected)
        assert rank["integers"].tolist() == [0, 1, 2] and rank["half"] == "torch.float32"
        assert "one shape, got (2, 3), (3, 3), (4, 3)" in rank["refused"]
        assert rank["first"] == {"rank": 0} and rank["mean"].tolist() == [0, 0]
