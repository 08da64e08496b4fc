"""How long the playground takes for one frame: a training step and the drawing of all points.

    python benchmarks/playground_frames.py

Needs Chromium; half a minute. Writes pages/results/playground.json, which the results page shows.
"""

import statistics
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))

from live_bench import live_bench
from siamese_lib.pages.results import store_result

FRAMES = 300
WINDOWS = {"wide window": (1300, 900), "phone": (400, 800)}
# Parts of the page's address; the rest is as the page starts.
SETTINGS = {
    "contrastive": "loss=contrastive",
    "triplet, all": "loss=triplet&mining=all",
    "triplet, semi-hard": "loss=triplet&mining=semi-hard",
    "triplet, hardest only": "loss=triplet&mining=batch-hard",
    "supervised contrastive": "loss=supcon",
    "logistic": "loss=logistic",
    "contrastive on the sphere": "loss=contrastive&space=sphere",
}
PROTOCOL = (
    "The playground's page in headless Chromium without a GPU: milliseconds of one training step "
    f"and the drawing of all points, {FRAMES} frames in a row, with the batch that it starts with."
)


def main() -> None:
    rows = []
    with live_bench() as (browser, folder):
        address = (folder / "playground.html").as_uri()
        for window, (width, height) in WINDOWS.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            for name, setting in SETTINGS.items():
                page.goto("about:blank")
                page.goto(f"{address}#{setting}")
                found = page.evaluate(f"live.playground.measure({FRAMES})")
                took = sorted(found["took"])
                rows.append({
                    "window": window, "setting": name, "points": found["points"],
                    "ms": statistics.median(took), "slow_ms": took[int(0.95 * len(took))],
                })  # fmt: skip
                print(rows[-1], flush=True)
    command = "python benchmarks/playground_frames.py"
    print(store_result("playground", command, PROTOCOL, rows))


if __name__ == "__main__":
    main()
