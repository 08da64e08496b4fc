import pytest
import torch
from hypothesis import given, settings

from embedding_batches import batch, seeds
from siamese_lib.distances import all_distances, cosines, logit_of_same, pair_distances


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_all_distances_agree_with_cdist_and_with_pairs(seed):
    z, _ = batch(seed)
    table = all_distances(z)
    assert torch.allclose(table, torch.cdist(z, z), atol=1e-7)
    # Not bit for bit: a matrix product may add up the two halves of its table in another order.
    assert torch.allclose(table, table.T, rtol=1e-12, atol=1e-12)
    assert table.diagonal().eq(0).all()
    assert torch.allclose(all_distances(z, squared=True), table.square())
    assert torch.allclose(
        pair_distances(z, z.roll(1, 0)),
        table.diagonal(-1).new_tensor([table[i, i - 1] for i in range(len(z))]),
    )


@pytest.mark.parametrize("squared", [False, True])
def test_a_penalty_on_the_gradient_is_felt(squared):
    """The gradient of the table can itself be differentiated."""
    z = batch(3)[0][:6].requires_grad_()
    upper = torch.triu_indices(6, 6, 1)

    def distances(z):
        return all_distances(z, squared=squared)[upper[0], upper[1]]

    assert torch.autograd.gradgradcheck(distances, z)


def test_gradient_under_autocast_is_in_32_bits():
    generator = torch.Generator().manual_seed(0)
    z = torch.nn.functional.normalize(torch.randn(32, 16, generator=generator))
    near = z.repeat_interleave(2, 0) + 0.003 * torch.randn(64, 16, generator=generator)
    z = near.requires_grad_()
    (outside,) = torch.autograd.grad(all_distances(z).sum(), z)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        (inside,) = torch.autograd.grad(all_distances(z).sum(), z)
    assert torch.allclose(outside, inside, rtol=1e-4, atol=1e-4)


def test_distances_of_pairs_and_their_gradients():
    a, b = batch(1)[0].requires_grad_(), batch(2)[0].requires_grad_()
    expected = torch.linalg.vector_norm(a - b, dim=1)
    assert torch.allclose(pair_distances(a, b), expected)
    assert torch.autograd.gradcheck(pair_distances, (a, b))


def test_gradient_of_the_table():
    z = batch(n=6)[0].requires_grad_()
    for squared in (False, True):
        assert torch.autograd.gradcheck(lambda x, s=squared: all_distances(x, s), (z,))


def test_identical_embeddings_have_a_finite_gradient():
    z = torch.ones(3, 4, requires_grad=True)
    pair_distances(z, z.detach().clone()).sum().backward()
    assert z.grad.isfinite().all()
    z.grad = None
    all_distances(z).sum().backward()
    assert z.grad.eq(0).all()


def test_far_from_the_origin_nothing_goes_negative_or_astray():
    z = batch(n=40, dtype=torch.float32)[0] + 1000
    table = all_distances(z)
    assert (table >= 0).all()
    assert torch.allclose(table, torch.cdist(z.double(), z.double()).float(), atol=1e-3)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_32_bits(dtype):
    z = batch(dtype=torch.float32)[0].to(dtype)
    for distances in (all_distances(z), pair_distances(z, z.roll(1, 0))):
        assert distances.dtype == torch.float32 and distances.isfinite().all()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert all_distances(z.float()).dtype == torch.float32


def test_cosines_by_hand_and_in_32_bits():
    z1 = torch.tensor([[2.0, 0.0], [0.0, 0.0]])
    z2 = torch.tensor([[3.0, 3.0], [-1.0, 0.0], [0.0, 5.0]])
    expected = torch.tensor([[0.5**0.5, -1.0, 0.0], [0.0, 0.0, 0.0]])
    assert torch.allclose(cosines(z1, z2), expected)
    z = batch(dtype=torch.float32)[0]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = cosines(z, z)
    assert inside.dtype == torch.float32 and torch.equal(inside, cosines(z, z))


def test_logit_falls_with_the_distance():
    assert logit_of_same(torch.tensor([1.0, 3.0]), 2.0, 2.5).tolist() == [3.0, -1.0]


def test_plain_distances_unless_squared_ones_are_wanted():
    z = torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    assert all_distances(z)[0, 1] == 5 and all_distances(z, squared=True)[0, 1] == 25
    assert pair_distances(z[:1], z[1:]) == 5 and pair_distances(z[:1], z[1:], squared=True) == 25


def test_gradient_far_from_the_origin():
    z = (batch(n=40, dtype=torch.float32)[0] + 1000).requires_grad_()
    exact = z.detach().double().requires_grad_()
    table, exact_table = all_distances(z, squared=True), all_distances(exact, squared=True)
    weight = torch.arange(1600.0).view(40, 40) / 1600
    (gradient,) = torch.autograd.grad((weight * table).sum(), z)
    (expected,) = torch.autograd.grad((weight * exact_table).sum(), exact)
    assert torch.allclose(gradient.double(), expected, rtol=1e-3, atol=1e-3)
