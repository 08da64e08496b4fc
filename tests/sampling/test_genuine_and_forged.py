import pytest
import torch

from siamese_lib.data.signatures import SignatureSet, make_signatures
from siamese_lib.sampling import GenuineAndForgedSampler


@pytest.fixture(scope="module")
def signatures():
    return make_signatures(7, n_genuine=5, n_forged=4, size=(16, 40))


def test_each_signer_meets_their_forgeries(signatures):
    everything = signatures.everything
    rows = GenuineAndForgedSampler(signatures, m=3, batch_size=24, generator=0).sample(200)
    assert rows.shape == (200, 24)
    blocks = rows.unflatten(1, (4, 2, 3))  # signers, genuine or forged, m
    assert (blocks[:, :, 0] < 35).all() and (blocks[:, :, 1] >= 35).all()
    signers = everything.groups[blocks]
    assert (signers == signers[:, :, :1, :1]).all()
    assert all(len(row.unique()) == 4 for row in signers[:, :, 0, 0]), "different signers"
    assert all(len(row.unique()) == 24 for row in rows), "no picture twice"
    assert len(rows.unique()) == len(everything), "every picture comes up"


def test_signers_without_forgeries_are_left_out(signatures):
    some = signatures.forged.select(signatures.forged.groups >= 2)
    rows = GenuineAndForgedSampler(
        SignatureSet(signatures.genuine, some), m=2, batch_size=20, generator=1
    ).sample(50)
    met = torch.cat([signatures.genuine.groups, some.groups])[rows]
    assert set(met.unique().tolist()) == {2, 3, 4, 5, 6}
    pairs = met.unflatten(1, (5, 4))
    assert (pairs == pairs[..., :1]).all()


def test_same_seed_same_batches(signatures):
    one, again, other = (
        GenuineAndForgedSampler(signatures, 2, 8, generator=g).sample(3) for g in (1, 1, 2)
    )
    assert torch.equal(one, again) and not torch.equal(one, other)


def test_wrong_arguments(signatures):
    with pytest.raises(ValueError, match="not a multiple of 2 m = 6"):
        GenuineAndForgedSampler(signatures, m=3, batch_size=10)
    with pytest.raises(ValueError, match="asks for 8 signers.*are there of 7"):
        GenuineAndForgedSampler(signatures, m=1, batch_size=16)
    with pytest.raises(ValueError, match=r"has 4 forgeries.*5 are needed.*m=4"):
        GenuineAndForgedSampler(signatures, m=5, batch_size=10)
    with pytest.raises(ValueError, match="no forgery in this set"):
        GenuineAndForgedSampler(SignatureSet(signatures.genuine, None), m=1, batch_size=2)
    few = signatures.genuine.select(torch.arange(35) % 5 < 3)
    with pytest.raises(ValueError, match="has 3 genuine signatures, but m=4: use m=3"):
        GenuineAndForgedSampler(SignatureSet(few, signatures.forged), m=4, batch_size=8)
