import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siamese_lib.sampling import buckets as buckets_module
from siamese_lib.sampling.buckets import Buckets, random_subsets


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-3, 5), min_size=1, max_size=40), st.integers(1, 4), st.integers(0, 99))
def test_members_are_different_and_of_the_bucket(bucket_of, k, seed):
    bucket_of = torch.tensor(bucket_of)
    buckets = Buckets(bucket_of)
    assert buckets.names.tolist() == sorted(set(bucket_of.tolist()))
    large_enough = (buckets.counts >= k).nonzero().squeeze(1)
    if len(large_enough) == 0:
        return
    asked = large_enough[torch.randint(len(large_enough), (3, 7), generator=generator(seed))]
    drawn = buckets.draw(asked, k, generator(seed))
    assert drawn.shape == (3, 7, k)
    assert (bucket_of[drawn] == buckets.names[asked][..., None]).all()
    ordered = drawn.sort(-1).values
    assert k == 1 or (ordered.diff(dim=-1) > 0).all()


@pytest.mark.parametrize("k", [1, 2, 3])
def test_every_ordered_choice_is_equally_likely(k):
    """Chi-square against the uniform distribution over ordered choices of k out of 4."""
    buckets = Buckets(torch.tensor([9, 9, 9, 9, 1, 1, 1, 1, 1]))
    n = 24_000
    drawn = buckets.draw(torch.ones(n, dtype=torch.int64), k, generator())
    codes = (drawn * 10 ** torch.arange(k)).sum(-1)
    counts = codes.unique(return_counts=True)[1].double()
    choices = {1: 4, 2: 12, 3: 24}[k]
    assert len(counts) == choices
    chi_square = ((counts - n / choices) ** 2 / (n / choices)).sum()
    assert chi_square < {1: 16.3, 2: 31.3, 3: 49.7}[k]  # 0.1 % points for 3, 11, 23 degrees


def test_cutting_into_pieces_changes_nothing_but_memory(monkeypatch):
    bucket_of = torch.arange(50) % 7
    asked = torch.randint(7, (100,), generator=generator())
    monkeypatch.setattr(buckets_module, "KEYS_AT_ONCE", 30)
    drawn = Buckets(bucket_of).draw(asked, 3, generator())
    assert (bucket_of[drawn] == asked[:, None]).all()


def test_random_subsets_of_everything_are_permutations():
    rows = random_subsets(50, 6, 6, generator())
    assert rows.sort(1).values.eq(torch.arange(6)).all()
    assert len(rows.unique(dim=0)) > 25


def test_the_choice_is_that_of_the_largest_random_keys_all_rows_at_once():
    buckets = Buckets(torch.tensor([5, 5, 5, 2, 2]))
    asked = torch.tensor([1, 0, 1, 1])
    keys = torch.rand(4, 3, generator=generator(3))
    keys[1, 2] = -1  # the smaller bucket has two members
    places = keys.topk(2, dim=1).indices
    members = torch.tensor([[3, 4, -1], [0, 1, 2]])[asked]
    assert torch.equal(buckets.draw(asked, 2, generator(3)), members.gather(1, places))


ONE_LARGE = torch.cat([torch.arange(100).repeat_interleave(20), torch.full((50_000,), 100)])


@pytest.mark.parametrize("k", [2, 4, 20])
def test_one_large_bucket_takes_no_key_for_each_of_its_members(k, monkeypatch):
    """100 classes of 20 and one of 50,000 were drawn 10 to 18 times slower than by others."""
    buckets = Buckets(ONE_LARGE)
    monkeypatch.setattr(Buckets, "_places", lambda *_: pytest.fail("a key for each member"))
    asked = torch.randint(101, (500,), generator=generator(1))
    drawn = buckets.draw(asked, k, generator())
    assert (ONE_LARGE[drawn] == asked[:, None]).all()
    assert (drawn.sort(1).values.diff(dim=1) > 0).all()


def test_every_ordered_choice_is_equally_likely_also_beside_a_large_bucket():
    buckets = Buckets(torch.cat([torch.zeros(4), torch.ones(5000)]).long())
    n = 24_000
    drawn = buckets.draw(torch.zeros(n, dtype=torch.int64), 3, generator())
    counts = (drawn * 10 ** torch.arange(3)).sum(-1).unique(return_counts=True)[1].double()
    assert len(counts) == 24
    chi_square = ((counts - n / 24) ** 2 / (n / 24)).sum()
    assert chi_square < 49.7  # the 99.9 % point with 23 degrees of freedom
    places = buckets.draw(torch.ones(9000, dtype=torch.int64), 2, generator()) - 4
    assert places.double().mean(0).tolist() == pytest.approx([2499.5] * 2, abs=60)  # 4 errors
