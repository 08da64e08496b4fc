"""Pictures of built pages: light and dark, wide and as narrow as a phone, the whole page.

    python tools/screenshots.py book/intro notebooks/01_siamese_idea

Needs Chromium. Pictures go to _build/screenshots/.
"""

import sys
from pathlib import Path

from browser import chromium

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
PICTURES = ROOT / "_build" / "screenshots"
WIDTHS = (1300, 400)


def main(names: list[str]) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for width in WIDTHS:
            for mode in ("light", "dark"):
                context = browser.new_context(viewport={"width": width, "height": 900})
                context.add_init_script(f"localStorage.setItem('mode', '{mode}')")
                page = context.new_page()
                for name in names:
                    page.goto((HTML / f"{name}.html").as_uri())
                    page.wait_for_timeout(1500)  # MathJax
                    wide = page.evaluate("document.documentElement.scrollWidth")
                    if wide > width:
                        print(f"{name} is {wide} px wide in a window of {width}")
                    path = PICTURES / f"{name.replace('/', '-')}-{width}-{mode}.png"
                    page.screenshot(path=path, full_page=True)
                    print(path.relative_to(ROOT))
                context.close()


if __name__ == "__main__":
    main(sys.argv[1:])
