"""Pictures of all slides, and a line for each that had to be made smaller to fit the stage.

    python tools/look_at_slides.py        after `make book` or tools/build_slides.py

Needs Chromium. Pictures go to _build/screenshots/slides/. A slide whose text is shown at less than
0.8 of its size is too full: begin a new one in the chapter's metadata (`slideshow`).
"""

import sys

from browser import chromium
from build_slides import SLIDES
from notebook_files import ROOT

PICTURES = ROOT / "_build" / "screenshots" / "slides"
SMALLEST = 0.8


def main() -> int:
    PICTURES.mkdir(parents=True, exist_ok=True)
    too_full = 0
    with chromium() as browser:
        for deck in sorted(SLIDES.glob("*.html")):
            page = browser.new_page(viewport={"width": 1200, "height": 760})
            page.goto(deck.as_uri())
            page.wait_for_selector("body[data-ready]")
            places = page.evaluate("Reveal.getSlides().map(s => Reveal.getIndices(s))")
            print(f"{deck.stem}: {len(places)} slides")
            for number, at in enumerate(places, 1):
                page.evaluate("([h, v]) => Reveal.slide(h, v, 99)", [at["h"], at.get("v") or 0])
                page.wait_for_timeout(120)
                zoom = float(page.evaluate("Reveal.getCurrentSlide().dataset.zoom"))
                if zoom < SMALLEST:
                    too_full += 1
                    print(f"  slide {number} is shown at {zoom:.2f} of its size: too full")
                page.screenshot(path=PICTURES / f"{deck.stem[:2]}-{number:02}.png")
            page.close()
    print(f"pictures in {PICTURES.relative_to(ROOT)}; {too_full} slide(s) too full")
    return 1 if too_full else 0


if __name__ == "__main__":
    sys.exit(main())
