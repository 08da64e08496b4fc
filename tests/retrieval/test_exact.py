"""Exact search against a full table of distances, in any pieces."""

import pytest
import torch

from draws import normal
from siamese_lib.retrieval import exact, nearest


def by_full_table(queries, gallery, k, hidden=None):
    """Every distance by differences, in float64, sorted so that ties keep the gallery's order."""
    table = (queries[:, None].double() - gallery[None].double()).norm(dim=2)
    if hidden is not None:
        table[hidden] = torch.inf
    distances, indices = table.sort(dim=1, stable=True)
    return distances[:, :k], indices[:, :k]


@pytest.fixture(params=["whole", "pieces"])
def pieces(request, monkeypatch):
    """The same answers when hardly anything fits at once."""
    if request.param == "pieces":
        monkeypatch.setattr(exact, "GALLERY_AT_ONCE", 13)
        monkeypatch.setattr(exact, "MOST_AT_ONCE", 700)


def test_against_the_full_table(pieces):
    queries, gallery = normal(30, 8), normal(100, 8, seed=1)
    distances, indices = nearest(queries, gallery, k=7)
    oracle = by_full_table(queries, gallery, 7)
    torch.testing.assert_close(distances.double(), oracle[0])
    assert torch.equal(indices, oracle[1]) and distances.dtype == torch.float32


def test_the_query_itself_is_left_out(pieces):
    z = normal(60, 4)
    hidden = torch.eye(60, dtype=torch.bool)
    oracle = by_full_table(z, z, 5, hidden)
    assert torch.equal(nearest(z, z, 5, exclude_self=True).indices, oracle[1])
    assert torch.equal(nearest(z, z, 1).indices[:, 0], torch.arange(60))


def test_what_has_the_same_number_is_left_out(pieces):
    queries, gallery = normal(20, 4), normal(60, 4, seed=1)
    numbers = torch.arange(20) % 5, torch.arange(60) % 5
    oracle = by_full_table(queries, gallery, 5, numbers[0][:, None] == numbers[1])
    assert torch.equal(nearest(queries, gallery, 5, exclude=numbers).indices, oracle[1])


def test_equal_rows_come_in_the_order_of_the_gallery(pieces):
    """More of them than spare candidates, so that rounding alone would choose."""
    gallery = torch.cat([normal(3, 6).repeat(40, 1), 5 + normal(20, 6, seed=1)])
    found = nearest(gallery[:3], gallery, k=4)
    expected = torch.arange(3)[:, None] + torch.tensor([0, 3, 6, 9])
    assert torch.equal(found.indices, expected)
    assert (found.distances == 0).all()


def test_a_copy_is_at_zero_far_from_the_origin():
    gallery = 1000 + normal(50, 16)
    found = nearest(gallery, gallery, k=2)
    assert (found.distances[:, 0] == 0).all() and (found.distances[:, 1] > 1).all()


def test_precisions():
    z = normal(20, 4)
    assert nearest(z.double(), z.double(), 3).distances.dtype == torch.float64
    assert nearest(z.half(), z.half(), 3).distances.dtype == torch.float32
    assert nearest(z.double(), z, 3).distances.dtype == torch.float32


def test_the_k_of_all_rows_is_the_whole_ranking(pieces):
    z = normal(15, 3)
    assert nearest(z, z, 15).indices.sort(dim=1).values.tolist() == [list(range(15))] * 15
    assert nearest(z, z, 14, exclude_self=True).distances.isfinite().all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"k": 0}, "k must be an int of 1 or more"),
        ({"k": 11}, "k=11, but the gallery has 10 rows"),
        ({"queries": normal(10, 4), "exclude_self": True, "k": 10}, "without the query itself, 9"),
        ({"exclude_self": True}, "5 queries and 10 rows"),
        ({"queries": normal(5, 3)}, "queries have 3 numbers each, the gallery's rows 4"),
        ({"queries": normal(5)}, r"queries must have shape \(B, D\)"),
        ({"gallery": torch.full((10, 4), torch.nan)}, "gallery hold NaN"),
        ({"exclude": (torch.zeros(4).long(), torch.zeros(10).long())}, "must hold 5 integers"),
    ],
)
def test_bad_input(changes, message):
    named = {"queries": normal(5, 4), "gallery": normal(10, 4, seed=1), "k": 3}
    with pytest.raises(ValueError, match=message):
        nearest(**(named | changes))


def test_too_few_rows_for_one_query():
    numbers = torch.zeros(5).long(), torch.tensor([0] * 8 + [1] * 2)
    numbers[0][4] = 1
    with pytest.raises(ValueError, match=r"k=3, but query 0 has 2 rows .*\(4 of 5 queries"):
        nearest(normal(5, 4), normal(10, 4), 3, exclude=numbers)


def test_what_is_no_float():
    with pytest.raises(TypeError, match="gallery must be a floating-point tensor"):
        nearest(normal(5, 4), torch.zeros(3, 4).long(), 1)
