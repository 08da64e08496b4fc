"""Take the picture of the live door that a reader without JavaScript sees.

    python tools/door_picture.py

Somebody's sign is drawn in the page itself; the picture is book/_static/live/door/in_use.png.
"""

import io

from PIL import Image

from live_bench import LIVE, ROOT, live_bench

PICTURE = LIVE / "door" / "in_use.png"
SIGN = "live.doorData.people[1].again[0]"


def main() -> None:
    with live_bench() as (browser, folder):
        view = {"width": 900, "height": 700}
        page = browser.new_page(viewport=view, reduced_motion="reduce")
        page.goto((folder / "door.html").as_uri())
        page.add_style_tag(content="body { font-family: sans-serif }")
        page.evaluate("live.door.ready")
        page.evaluate(f"live.door.pad.play({SIGN})")
        page.wait_for_function("live.door.settled() && live.door.state().seen")
        picture = Image.open(io.BytesIO(page.locator("#live-door").screenshot()))
        picture.convert("RGB").quantize(256).save(PICTURE, optimize=True)
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
