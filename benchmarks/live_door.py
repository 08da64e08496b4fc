"""Does the live door see as well as Python? Its renderer, its network, its threshold, its speed.

    SIAMESE_DATA=../shared/data python benchmarks/live_door.py

Needs Chromium and real Omniglot; about five minutes. Writes pages/results/live_door.json, which the
results page shows and from which the page has its threshold and the rates beside its slider.
"""

import base64
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tracing import traced

ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT / "book" / "_ext"), str(ROOT / "tools")]

from live_network import network_script  # noqa: E402
from live_people import PAPER, strokes_on_the_pad  # noqa: E402

from browser import chromium  # noqa: E402
from siamese_lib.data import as_floats, lake_trials, load_characters  # noqa: E402
from siamese_lib.data.glyphs import alphabets, drawers  # noqa: E402
from siamese_lib.evaluation import evaluate_lake  # noqa: E402
from siamese_lib.metrics import paired_difference, wilson_interval  # noqa: E402
from siamese_lib.pages.results import store_result  # noqa: E402
from siamese_lib.recipes import pretrained, weights_fingerprint  # noqa: E402

LIVE = ROOT / "book" / "_static" / "live"
SEED = 0
ENROLLED = 6  # as many people as the page starts with
WANTED_FAR = 0.05
PROTOCOL = (
    "Pen, size and place: from every 40th drawing of Omniglot's 30 background alphabets; the pen "
    "is in the middle of the widths with which their thinned lines, drawn again, overlap them the "
    "most (intersection over union). "
    "Official trials: the 400 of Lake et al., each of their drawings thinned to a path, drawn and "
    "embedded by the page; nothing was chosen by them. Glyphs: made-up characters of 40 "
    "alphabets, drawn by four made-up people each; the paths through the page's renderer and "
    "network, or Python's own pictures through torch. 20-way one-shot; differences are paired. "
    "Threshold: on other made-up characters, six enrolled from one drawing each, visits by other "
    "hands and by strangers; the largest step of 0.01 with at most 5 % of strangers let in."
)
IN_PAGE = """(drawings) => {
  const network = (live.seeing ??= live.network.read(live.networks.omniglot));
  const began = performance.now();
  const pictures = drawings.map((strokes) => live.rendering.render(strokes, network.side));
  const drawn = performance.now();
  const embeddings = pictures.map((pixels) => live.network.embed(network, pixels));
  const ended = performance.now();
  const n = drawings.length;
  const bytes = new Uint8Array(Float32Array.from(embeddings.flatMap((one) => [...one])).buffer);
  const text = btoa(bytes.reduce((letters, byte) => letters + String.fromCharCode(byte), ''));
  return [text, (drawn - began) / n, (ended - drawn) / n];
}"""


class LiveDoor:
    """The scripts of the page, in a browser without a window."""

    def __init__(self, browser) -> None:
        self.page = browser.new_page()
        for script in ("define", "door/rendering", "door/network"):
            self.page.add_script_tag(path=LIVE / f"{script}.js")
        self.page.add_script_tag(content=network_script(pretrained(), "omniglot"))
        self.milliseconds: list[list[float]] = []

    def looks(self) -> dict:
        return self.page.evaluate("live.rendering.LOOKS")

    def see(self, drawings: list) -> Tensor:
        """Embeddings ``(N, 128)`` of strokes in dots of the pad."""
        embeddings = []
        for start in range(0, len(drawings), 100):
            text, *milliseconds = self.page.evaluate(IN_PAGE, drawings[start : start + 100])
            embeddings.append(np.frombuffer(base64.b64decode(text), "<f4").reshape(-1, 128))
            self.milliseconds.append(milliseconds)
        return torch.from_numpy(np.concatenate(embeddings))

    def ink(self, drawings: list, pen: float) -> np.ndarray:
        """Bool ``(N, 105, 105)``: strokes drawn where they are."""
        each = "([all, pen]) => all.map((one) => live.rendering.ink(one, pen).join(''))"
        rows = "".join(self.page.evaluate(each, [drawings, pen]))
        return (np.frombuffer(rows.encode(), np.uint8) == ord("1")).reshape(-1, PAPER, PAPER)


def looks_of_the_training_drawings(door: LiveDoor) -> dict:
    """Width of the pen, longest side of the path and its middle, in dots of 105."""
    ink = load_characters("omniglot", "background", size=PAPER).images[::40, 0].numpy() > 127
    drawings = [traced(one) for one in ink]
    pens = np.arange(3, 7.01, 0.25)
    overlaps = []
    for width in pens:
        drawn = door.ink(drawings, float(width))
        overlaps.append(((drawn & ink).sum((1, 2)) / (drawn | ink).sum((1, 2))).mean())
    pen = float(pens[np.isclose(overlaps, max(overlaps))].mean())
    rows, columns = ink.any(2), ink.any(1)
    low = np.stack([side.argmax(1) for side in (columns, rows)], 1)
    high = np.stack([PAPER - side[:, ::-1].argmax(1) for side in (columns, rows)], 1)
    return {
        "part": "looks",
        "n_drawings": len(ink),
        "pen": pen,
        "overlap": float(max(overlaps)),
        "reach": float(np.median((high - low).max(1)) - pen),
        "centre": np.median((low + high) / 2, axis=0).tolist(),
    }


def official_trials(door: LiveDoor) -> dict:
    """The page's answers beside Python's, on the same 400 questions."""
    trials, paper = lake_trials(28, "omniglot"), lake_trials(PAPER, "omniglot")
    python = evaluate_lake(pretrained(), trials).credit.double().mean(1)

    def in_page(images: Tensor) -> Tensor:
        drawings = [traced(one.numpy() > 127) for one in images.flatten(0, 2)]
        return door.see(drawings).view(20, 20, -1)

    nearest = torch.cdist(in_page(paper.query), in_page(paper.support)).argmin(-1)
    page = (nearest == trials.query_labels).double().mean(1)
    return _compared("official", page, python, 400)


def glyph_drawings(n_alphabets: int, per_alphabet: int, hands: int, seed: int):
    """Strokes on the pad, and Python's own pictures: of each character ``hands`` drawings."""
    generator = torch.Generator().manual_seed(seed)
    style = alphabets.design_alphabets(n_alphabets, generator)
    characters = alphabets.design_characters(style, per_alphabet, generator)
    n = n_alphabets * per_alphabet
    which = torch.arange(n).repeat_interleave(hands)
    people = drawers.meet_drawers(n * hands, generator)
    chosen = alphabets.Characters(*(field[which] for field in characters))
    paths, lengths = drawers.pen_paths(chosen, people, generator)
    pictures = drawers.render(paths, lengths, people.pen, 28)
    return strokes_on_the_pad(paths, lengths, every=1), pictures


def glyphs(door: LiveDoor) -> dict:
    hands = 4
    strokes, pictures = glyph_drawings(40, 20, hands, seed=SEED + 1)
    with torch.no_grad():
        python = pretrained()(as_floats(pictures)).view(-1, hands, 128)
    page = door.see(strokes).view(-1, hands, 128)
    generator = torch.Generator().manual_seed(SEED)
    n, runs = len(page), 400
    ways = torch.stack([torch.randperm(n, generator=generator)[:20] for _ in range(runs)])
    two = torch.stack([torch.randperm(hands, generator=generator)[:2] for _ in range(runs)])

    def shares(z: Tensor) -> Tensor:
        found = []
        for chosen, (one, other) in zip(ways, two, strict=True):
            near = torch.cdist(z[chosen, other], z[chosen, one]).argmin(1)
            found.append((near == torch.arange(20)).double().mean())
        return torch.stack(found)

    return _compared("glyphs", shares(page), shares(python), 20 * runs)


def _compared(part: str, page: Tensor, python: Tensor, n: int) -> dict:
    difference, low, high = paired_difference(page.tolist(), python.tolist())
    row = {"part": part, "n": n, "page": page.mean().item(), "python": python.mean().item()}
    return row | {"difference": difference, "difference_from": low, "difference_to": high}


def threshold(door: LiveDoor) -> dict:
    """What a threshold does at a door with six people, drawn at random a thousand times."""
    hands = 4
    strokes, _ = glyph_drawings(100, 5, hands, seed=SEED + 2)
    z = door.see(strokes).view(-1, hands, 128)
    generator = torch.Generator().manual_seed(SEED)
    steps = torch.arange(0, 1.61, 0.01)
    named, mistaken, stranger = [], [], []
    for _ in range(1000):
        order = torch.randperm(len(z), generator=generator)
        staff, others = z[order[:ENROLLED]], z[order[ENROLLED : 2 * ENROLLED]]
        distance, nearest = torch.cdist(staff[:, 1:].flatten(0, 1), staff[:, 0]).min(1)
        right = nearest == torch.arange(ENROLLED).repeat_interleave(hands - 1)
        inside = distance[:, None] <= steps
        named.append((inside & right[:, None]).double().mean(0))
        mistaken.append((inside & ~right[:, None]).double().mean(0))
        closest = torch.cdist(others.flatten(0, 1), staff[:, 0]).min(1).values
        stranger.append((closest[:, None] <= steps).double().mean(0))
    named, mistaken, stranger = (torch.stack(x).mean(0) for x in (named, mistaken, stranger))
    chosen = int((stranger <= WANTED_FAR).nonzero()[-1])
    rates = [
        [round(x, 4) for x in row] for row in torch.stack([named, mistaken, stranger], 1).tolist()
    ]
    return {
        "part": "threshold",
        "enrolled": ENROLLED,
        "threshold": round(steps[chosen].item(), 2),
        "step": 0.01,
        "rates": rates,
    }


def speed(door: LiveDoor) -> dict:
    drawing, embedding = torch.tensor(door.milliseconds).T
    return {
        "part": "speed",
        "n_drawings": 100 * len(drawing),
        "render_ms": drawing.median().item(),
        "embed_ms": embedding.median().item(),
        "slowest_hundred_ms": (drawing + embedding).max().item(),
    }


def main() -> None:
    torch.manual_seed(SEED)
    with chromium() as browser:
        door = LiveDoor(browser)
        rows = [looks_of_the_training_drawings(door)]
        print(rows[0], "in the script:", door.looks(), flush=True)
        for part in (official_trials, glyphs, threshold, speed):
            rows.append(part(door))
            print({k: v for k, v in rows[-1].items() if k != "rates"}, flush=True)
    official = next(row for row in rows if row["part"] == "official")
    official["page_from"], official["page_to"] = wilson_interval(official["page"], official["n"])
    about = {"seed": SEED, "network": weights_fingerprint()}
    print(store_result("live_door", "python benchmarks/live_door.py", PROTOCOL, rows, **about))


if __name__ == "__main__":
    main()
