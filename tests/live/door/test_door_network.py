"""The network in the page gives torch's embeddings, for each of the course's backbones."""

import base64
import json

import numpy as np
import pytest
import torch
from live_network import backbone_of, network_script
from torch import nn

from draws import uniform
from siamese_lib.data import as_floats, make_glyphs
from siamese_lib.data.glyphs import load_glyphs
from siamese_lib.models import SizeNormalized, UnitLength, compact, conv4, fast, sharp
from siamese_lib.recipes import pretrained

MAKERS = (conv4, fast, compact, sharp)


def embeddings_in_page(page, network, images):
    """Of images ``(N, 1, S, S)``; pixels travel as base64, as a thousand lists would be slow."""
    page.add_script_tag(content=network_script(network, "tried"))
    pixels = base64.b64encode(images.numpy().astype("<f4").tobytes()).decode()
    found = page.evaluate(
        """([pixels, n]) => {
            const bytes = Uint8Array.from(atob(pixels), (sign) => sign.charCodeAt(0));
            const all = new Float32Array(bytes.buffer), size = all.length / n;
            const network = live.network.read(live.networks.tried);
            return JSON.stringify(Array.from({ length: n }, (_, i) =>
                [...live.network.embed(network, all.subarray(i * size, (i + 1) * size))]));
        }""",
        [pixels, len(images)],
    )
    return torch.tensor(json.loads(found))


@torch.no_grad()
def test_stored_network_on_a_thousand_drawings(scripts):
    network = pretrained()
    images = as_floats(load_glyphs("evaluation").images[::13][:1000])
    assert len(images) == 1000
    found = embeddings_in_page(scripts("door/network"), network, images)
    assert (found - network(images)).abs().max() < 1e-3


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
@torch.no_grad()
def test_every_backbone(scripts, make):
    """With norms that have seen something, some of them negative: pooling comes before them."""
    network = nn.Sequential(make(), UnitLength())
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight)
            nn.init.normal_(layer.bias)
            nn.init.normal_(layer.running_mean)
            nn.init.uniform_(layer.running_var, 0.5, 2)
    network.half().float().eval()  # the page has its weights in 16 bits
    images = uniform(20, 1, 28, 28)
    found = embeddings_in_page(scripts("door/network"), network, images)
    assert (found - network(images)).abs().max() < 1e-3


@torch.no_grad()
def test_place_and_size(scripts):
    """Also of a blank page, a dot, a page full of ink, and a drawing in a corner."""
    normalized = SizeNormalized(0.2)
    images = torch.cat([uniform(4, 1, 28, 28), torch.zeros(3, 1, 28, 28), torch.ones(1, 1, 28, 28)])
    images[4, 0, 20, 3] = 1
    images[5, 0, :4, 22:] = uniform(4, 6, seed=1)
    network = nn.Sequential(normalized, fast().eval().half().float(), UnitLength())
    page = scripts("door/network")
    assert (embeddings_in_page(page, network, images) - network(images)).abs().max() < 1e-3
    alone = page.evaluate(
        """([pixels, words]) => [...live.network.embed({ side: 28, layers: [words] }, pixels)]""",
        [images[5].flatten().tolist(), {"kind": "size", "spread": 0.2, "largest": 4.0}],
    )
    assert (torch.tensor(alone) - normalized(images[5:6]).flatten()).abs().max() < 1e-5


@torch.no_grad()
def test_page_would_notice_a_wrong_weight(scripts):
    network = pretrained()
    images = as_floats(make_glyphs([5], n_drawers=1).images)
    wanted = network(images)
    backbone_of(network).convolutions[0].weight[0] *= 1.1
    found = embeddings_in_page(scripts("door/network"), network, images)
    assert (found - wanted).abs().max() > 1e-3


def test_unknown_layer_is_refused():
    network = nn.Sequential(fast(), nn.GELU())
    with pytest.raises(TypeError, match="no layer GELU"):
        network_script(network, "tried")


def test_halves_are_read_exactly(scripts):
    """All 65,536 of them but the infinities and NaN."""
    halves = np.arange(65536, dtype="<u2")
    halves = halves[np.isfinite(halves.view("<f2"))]
    layers = [{"kind": "linear", "out": 1, "weights": len(halves)}]
    text = base64.b64encode(halves.tobytes()).decode()
    parts = {"side": 1, "layers": layers, "halves": text, "floats": ""}
    read = "(parts) => [...live.network.read(parts).layers[0].weight]"
    found = np.array(scripts("door/network").evaluate(read, parts), dtype="<f4")
    assert (found == halves.view("<f2").astype("<f4")).all()
