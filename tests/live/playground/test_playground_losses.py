"""The playground's losses and gradients are those of the library, to 1e-5, in float64."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from siamese_lib.losses import ContrastiveLoss, LogisticPairLoss, SupConLoss, TripletMarginLoss
from siamese_lib.miners import BatchHardMiner, TripletMarginMiner
from siamese_lib.training import diagnose

SCRIPTS = ("random", "digits", "tables", "losses", "network", "exam", "training")
# (n, d, number of classes): the usual batch, a small one, one image a class, one class, two images.
SHAPES = [(56, 2, 7), (12, 3, 4), (5, 2, 5), (6, 3, 1), (2, 2, 1), (2, 3, 2)]
TOLERANCE = 1e-5


def mined(loss, miner):
    return lambda z, y: loss(z, y, miner(z, y))


def library(name, options):
    """Loss module and a function of (embeddings, labels)."""
    margin = options.get("margin")
    if name == "contrastive":
        loss = ContrastiveLoss(margin)
    elif name == "supcon":
        loss = SupConLoss(options["temperature"])
    elif name == "logistic":
        loss = LogisticPairLoss(scale=7.0, midpoint=0.6).double()
    else:
        loss = TripletMarginLoss(margin)
        semi_hard = TripletMarginMiner(margin, "semihard")
        miner = {"semi-hard": semi_hard, "batch-hard": BatchHardMiner()}.get(options["mining"])
        return loss, mined(loss, miner) if miner else loss
    return loss, loss


CASES = [
    ("contrastive", {"margin": 1.0}),
    ("contrastive", {"margin": 0.3}),
    ("triplet", {"margin": 0.5, "mining": "all"}),
    ("triplet", {"margin": 0.5, "mining": "semi-hard"}),
    ("triplet", {"margin": 0.2, "mining": "batch-hard"}),
    ("supcon", {"temperature": 0.1}),
    ("supcon", {"temperature": 1.0}),
    ("logistic", {}),
]


@pytest.fixture
def page(scripts):
    return scripts(*(f"playground/{name}" for name in SCRIPTS))


def a_batch(n, d, classes, seed):
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(n, d, generator=generator, dtype=torch.float64)
    return z, torch.arange(n) % classes


def close(ours, theirs):
    ours, theirs = torch.as_tensor(ours, dtype=torch.float64), torch.as_tensor(theirs).double()
    return torch.allclose(ours, theirs.reshape(ours.shape), rtol=TOLERANCE, atol=TOLERANCE)


ASK = """([name, z, d, labels, options, unit]) => {
  const p = live.playground, n = labels.length;
  let at = Float64Array.from(z), lengths = null;
  if (unit) at = p.unit(at, lengths = p.lengths(at, n, d), d);
  const found = p.losses[name](at, n, d, labels, options);
  const { loss, active, terms, ofLearned } = found;
  const gradient = unit ? p.unitGradient(at, lengths, d, found.gradient) : found.gradient;
  return { loss, active, terms, ofLearned, gradient: [...gradient] };
}"""


@pytest.mark.parametrize("unit", [False, True], ids=["plain", "unit length"])
@pytest.mark.parametrize(("name", "options"), CASES)
def test_value_gradient_and_counts(page, name, options, unit):
    for number, (n, d, classes) in enumerate(SHAPES):
        for seed in range(3):
            z, labels = a_batch(n, d, classes, 10 * number + seed)
            loss, of_batch = library(name, options)
            leaf = z.clone().requires_grad_()
            value = of_batch(nn.functional.normalize(leaf) if unit else leaf, labels)
            value.backward()
            learned = {}
            if name == "logistic":
                learned = {"learned": [loss.log_scale.item(), loss.midpoint.item()]}
            flat = z.flatten().tolist()
            ours = page.evaluate(ASK, [name, flat, d, labels.tolist(), options | learned, unit])
            assert close(ours["loss"], value.detach())
            assert close(ours["gradient"], leaf.grad)
            assert ours["terms"] == loss.n_terms
            # No pair has a logistic loss of exactly 0; the library rounds those below 1e-16.
            assert ours["active"] == (loss.n_terms if learned else int(loss.n_active))
            if learned:
                of_learned = torch.stack([loss.log_scale.grad, loss.midpoint.grad])
                assert close(ours["ofLearned"], of_learned)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_images_in_one_place_have_a_finite_gradient(page, name, options):
    z, labels = torch.ones(8, 2, dtype=torch.float64), torch.arange(8) % 2
    loss, of_batch = library(name, options)
    leaf = z.clone().requires_grad_()
    value = of_batch(leaf, labels)
    value.backward()
    learned = {"learned": [2.0, 0.6]} if name == "logistic" else {}
    if learned:
        loss.log_scale.data.fill_(2.0)
        value = of_batch(leaf, labels)
    flat = z.flatten().tolist()
    ours = page.evaluate(ASK, [name, flat, 2, labels.tolist(), options | learned, False])
    assert close(ours["gradient"], leaf.grad) and close(ours["loss"], value.detach())


def test_the_comparison_would_see_another_margin(page):
    z, labels = a_batch(12, 2, 3, 0)
    value = ContrastiveLoss(1.0)(z, labels)
    flat, options = z.flatten().tolist(), {"margin": 1.01}
    ours = page.evaluate(ASK, ["contrastive", flat, 2, labels.tolist(), options, False])
    assert not close(ours["loss"], value)


GRADIENT = """([sizes, pixels, labels, unit, seed]) => {
  const p = live.playground, n = labels.length, d = sizes.at(-1);
  const network = p.network(sizes, p.generator(seed));
  const { trained, gradient } = p.embedder(network, { unit, dimensions: d });
  const made = trained(Float64Array.from(pixels), n);
  const { loss, gradient: ofZ } = p.losses.contrastive(made.z, n, d, labels, { margin: 1 });
  const ofWeights = gradient(made, ofZ, n), weights = [...network.weights];
  const update = p.adam(network.weights);
  for (let step = 0; step < 3; step++) update(ofWeights.map((value) => value * (step + 1)), 0.01);
  return { loss, weights, gradient: [...ofWeights], after: [...network.weights] };
}"""


@pytest.mark.parametrize("unit", [False, True], ids=["plain", "unit length"])
def test_the_whole_network_and_adam_are_those_of_torch(page, unit):
    sizes, n = [10, 8, 6, 3], 12
    pixels, labels = a_batch(n, 10, 4, 5)
    flat = pixels.flatten().tolist()
    ours = page.evaluate(GRADIENT, [sizes, flat, labels.tolist(), unit, 3])
    layers = [nn.Linear(i, o).double() for i, o in pairwise(sizes)]
    network = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2])
    nn.utils.vector_to_parameters(torch.tensor(ours["weights"]).double(), network.parameters())
    z = network(pixels)
    value = ContrastiveLoss(1.0)(nn.functional.normalize(z) if unit else z, labels)
    value.backward()
    assert close(ours["loss"], value.detach())
    gradients = [parameter.grad.clone() for parameter in network.parameters()]
    assert close(ours["gradient"], torch.cat([grad.flatten() for grad in gradients]))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for step in range(3):
        for parameter, gradient in zip(network.parameters(), gradients, strict=True):
            parameter.grad = gradient * (step + 1)
        optimizer.step()
    assert close(ours["after"], nn.utils.parameters_to_vector(network.parameters()).detach())


def test_spread_and_distances_are_those_of_diagnose(page):
    z, labels = a_batch(20, 3, 4, 1)
    ask = "([z, n, d, labels]) => live.playground.diagnose(Float64Array.from(z), n, d, labels)"
    ours = page.evaluate(ask, [z.flatten().tolist(), 20, 3, labels.tolist()])
    theirs = diagnose(z, labels)
    assert ours["spread"] == pytest.approx(theirs["spread"], rel=TOLERANCE)
    assert ours["same"] == pytest.approx(theirs["positive_distance"], rel=TOLERANCE)
    assert ours["different"] == pytest.approx(theirs["negative_distance"], rel=TOLERANCE)
