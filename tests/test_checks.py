"""What is let through and what is not, at the edges; values are looked at on the CPU alone."""

import math

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from siamese_lib import checks


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (checks.check_counts, [1, 2], [0, -1, 1.0, True, "1"]),
        (checks.check_at_least_zero, [0, 0.5, 1], [-0.1, -1, math.nan]),
        (checks.check_above_zero, [0.1, 1], [0, -0.1, math.nan]),
    ],
)
def test_numbers(check, right, wrong):
    for number in right:
        check(first=1, number=number)
    for number in wrong:
        with pytest.raises(ValueError, match=r"number must be .* got "):
            check(first=1, number=number)


def test_a_share_lies_strictly_between():
    checks.check_share("far", 0.001), checks.check_share("far", 0.999)
    for share in (0, 1, -0.5, 1.5, math.nan):
        with pytest.raises(ValueError, match="far must lie between 0 and 1"):
            checks.check_share("far", share)


def test_one_of_a_few():
    checks.check_one_of("kind", "a", iter("ab"))
    with pytest.raises(ValueError, match="kind must be one of a, b, got 'c'"):
        checks.check_one_of("kind", "c", iter("ab"))


def test_ids_become_int64():
    ids = checks.check_ids("labels", torch.tensor([3, 1], dtype=torch.int32), 2)
    assert ids.dtype == torch.int64 and ids.tolist() == [3, 1]
    assert checks.check_ids("labels", [7]).tolist() == [7]


@pytest.mark.parametrize(
    ("values", "error"),
    [
        (torch.zeros(2), TypeError),
        (torch.zeros(2, dtype=torch.complex64), TypeError),
        (torch.zeros(2, dtype=torch.bool), TypeError),
        (torch.zeros(2, 1, dtype=torch.int64), ValueError),
        (torch.zeros(0, dtype=torch.int64), ValueError),
        (torch.zeros((), dtype=torch.int64), ValueError),
        (torch.zeros(3, dtype=torch.int64), ValueError),
    ],
    ids=lambda v: str(getattr(v, "dtype", "")),
)
def test_what_are_no_ids(values, error):
    with pytest.raises(error, match="labels must"):
        checks.check_ids("labels", values, 2)


@pytest.mark.parametrize(
    ("embeddings", "error", "message"),
    [
        (torch.zeros(2, 3, dtype=torch.int64), TypeError, "got torch.int64"),
        ([[0.0]], TypeError, "got list"),
        (torch.zeros(3), ValueError, r"got \(3,\)"),
        (torch.zeros(1, 2, 3), ValueError, r"got \(1, 2, 3\)"),
        (torch.zeros(0, 3), ValueError, r"got \(0, 3\)"),
        (torch.zeros(3, 0), ValueError, r"got \(3, 0\)"),
        (torch.tensor([[0.0, math.nan], [0.0, 0.0]]), ValueError, "infinity in 1 of 2 rows"),
        (torch.tensor([[math.inf, math.nan], [0.0, 0.0]]), ValueError, "infinity in 1 of 2 rows"),
    ],
)
def test_what_are_no_embeddings(embeddings, error, message):
    with pytest.raises(error, match=message):
        checks.check_embeddings("z", embeddings)


@pytest.mark.parametrize(
    ("labels", "error"),
    [
        ([0, 1], TypeError),
        (torch.zeros(2), TypeError),
        (torch.zeros(2, dtype=torch.bool), TypeError),
        (torch.zeros(3, dtype=torch.int64), ValueError),
        (torch.zeros(2, 1, dtype=torch.int64), ValueError),
    ],
)
def test_what_are_no_labels(labels, error):
    with pytest.raises(error, match="labels must"):
        checks.check_labels(labels, torch.zeros(2, 4))
    checks.check_labels(torch.zeros(2, dtype=torch.int32), torch.zeros(2, 4))


def test_same_is_zero_or_one_for_each_pair():
    like = torch.zeros(2, 3)
    for same in ([0, 1], [True, False], [1.0, 0.0]):
        told = checks.check_same(torch.tensor(same), like)
        assert told.dtype == torch.float32 and told.tolist() == [float(value) for value in same]
    for same in ([0, 2], [-1, 1], [0.5, 1], [math.nan, 0], [1], [[0], [1]]):
        with pytest.raises(ValueError, match="kind must"):
            checks.check_same(torch.tensor(same), like, "kind")


def test_shapes_and_parts():
    checks.check_same_shape(a=torch.zeros(2), b=torch.ones(2), c=torch.ones(2))
    with pytest.raises(ValueError, match=r"got a \(2,\), b \(2,\), c \(1,\)"):
        checks.check_same_shape(a=torch.zeros(2), b=torch.ones(2), c=torch.ones(1))
    checks.check_indices((1, 2), ("a", "p"))
    for parts in ((1,), (1, 2, 3)):
        with pytest.raises(ValueError, match=rf"\(a, p\), got {len(parts)} parts"):
            checks.check_indices(parts, ("a", "p"))


def look_at(device):
    """All that a loss asks of its arguments before it begins."""
    z = torch.zeros(4, 3, device=device)
    checks.check_embeddings("z", z)
    checks.check_labels(torch.zeros(4, dtype=torch.int64, device=device), z)
    checks.check_same_shape(z1=z, z2=z)
    return checks.check_same(torch.zeros(4, device=device), z)


def test_no_value_is_read_where_there_is_none():
    """Tensors on the meta device have shapes and no values: to read one is an error."""
    assert look_at("meta").dtype == torch.float32
    with pytest.raises(ValueError, match=r"\(4,\), one for each pair, got \(4, 1\)"):
        checks.check_same(torch.zeros(4, 1, device="meta"), torch.zeros(4, 3, device="meta"))


def test_no_value_is_read_from_a_gpu():
    """That would wait for it at each step. The tensors only say that they are on one."""
    with FakeTensorMode():
        assert look_at("cuda").device.type == "cuda"
