"""The two pictures of the README: a page of the book, and a figure that moves.

    python tools/readme_pictures.py         after `make book`; needs Chromium

They go to book/_static/readme/ and are committed, as GitHub shows them.
"""

import io
import sys
from pathlib import Path

from PIL import Image

from browser import chromium

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
PICTURES = ROOT / "book" / "_static" / "readme"
PAGE = "notebooks/08_one_shot_evaluation.html"
MOVING = "notebooks/03_contrastive_loss.html"
FRAMES = 24
MILLISECONDS = 160


def page_of_the_book(browser) -> Image.Image:
    opened = browser.new_page(viewport={"width": 1300, "height": 900})
    opened.goto((HTML / PAGE).as_uri())
    opened.wait_for_timeout(2500)
    opened.evaluate("document.querySelector('.cell_output img').scrollIntoView({block: 'end'})")
    opened.wait_for_timeout(300)
    return Image.open(io.BytesIO(opened.screenshot())).convert("RGB").resize((975, 675))


def moving_figure(browser) -> list[Image.Image]:
    """Pictures of the figure in which points move, as its slider goes from start to end."""
    opened = browser.new_page(viewport={"width": 700, "height": 900})
    opened.goto((HTML / MOVING).as_uri())
    opened.wait_for_timeout(2500)
    figure = next(f for f in opened.query_selector_all(".sn-figure") if f.query_selector("circle"))
    last = int(figure.query_selector("input").get_attribute("max"))
    frames = []
    for step in range(FRAMES):
        figure.evaluate(
            """(figure, value) => {
              const slider = figure.querySelector('input');
              slider.value = value;
              slider.dispatchEvent(new Event('input'));
            }""",
            round(step * last / (FRAMES - 1)),
        )
        frames.append(Image.open(io.BytesIO(figure.screenshot())).convert("RGB"))
    return frames


def main() -> int:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        page_of_the_book(browser).quantize(128).save(PICTURES / "page.png", optimize=True)
        frames = [frame.quantize(64) for frame in moving_figure(browser)]
    # The last one stays for a while, so that an eye can rest on it.
    frames += [frames[-1]] * 8
    frames[0].save(
        PICTURES / "moving.gif",
        save_all=True,
        append_images=frames[1:],
        duration=MILLISECONDS,
        loop=0,
        optimize=True,
    )
    for path in sorted(PICTURES.iterdir()):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
