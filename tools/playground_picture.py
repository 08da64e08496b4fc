"""Draw what a reader without JavaScript sees of the playground: three moments of its first story.

    python tools/playground_picture.py

The page's own scripts train the network; the picture is book/_static/live/playground/moments.svg.
"""

from pathlib import Path

from live_bench import LIVE, ROOT, SCRIPTS, live_bench

PICTURE = LIVE / "playground" / "moments.svg"
STEPS = (0, 20, 100)
PANEL, MARK, TOP = 230, 9, 26

# Places of all marks at each moment around their own middle, and how each digit is drawn.
PLACES = """(steps) => {
  const p = live.playground, run = p.run(p.preset(0)), { unseen } = run.settings;
  const moments = steps.map((step) => {
    while (run.step < step) run.train();
    const z = run.places(), n = run.drawn.length;
    const middle = [0, 1].map((k) => run.drawn.reduce((sum, _, i) => sum + z[2 * i + k] / n, 0));
    const place = (i) => [z[2 * i] - middle[0], z[2 * i + 1] - middle[1]];
    return run.drawnLabels.map((digit, i) => [digit, ...place(i)]);
  });
  const styles = Array.from({ length: 10 }, (_, digit) => p.colourOf(digit, unseen));
  return { moments, styles };
}"""


def main() -> None:
    with live_bench() as (browser, folder):
        PICTURE.write_text(picture(browser, folder), "utf8")
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size:,} bytes")


def picture(browser, folder: Path) -> str:
    """The SVG, from the scripts in ``folder``, run in a page of ``browser``."""
    page = browser.new_page()
    for script in SCRIPTS["playground"]:
        page.add_script_tag(path=folder / f"{script}.js")
    found = page.evaluate(PLACES, list(STEPS))
    page.close()
    return drawn(**found)


def drawn(moments: list, styles: list) -> str:
    reach = max(abs(value) for moment in moments for _, *place in moment for value in place)
    scale = (PANEL / 2 - MARK) / reach
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {PANEL * len(moments)} '
        f'{PANEL + TOP}" font-family="sans-serif" text-anchor="middle">',
        "<defs>",
        *(mark(digit, **style) for digit, style in enumerate(styles)),
        "</defs>",
    ]
    for number, (step, moment) in enumerate(zip(STEPS, moments, strict=True)):
        title = "before the first step" if step == 0 else f"after {step} steps"
        lines.append(f'<g transform="translate({number * PANEL} 0)">')
        lines.append(f'<text x="{PANEL / 2}" y="17" font-size="14">{title}</text>')
        lines.append(
            f'<rect x="2" y="{TOP}" width="{PANEL - 4}" height="{PANEL - 2}" '
            'fill="none" stroke="#888"/>'
        )
        for digit, x, y in moment:
            left, down = PANEL / 2 + scale * x, TOP + PANEL / 2 - scale * y
            lines.append(f'<use href="#d{digit}" x="{left:.1f}" y="{down:.1f}"/>')
        lines.append("</g>")
    return "\n".join([*lines, "</svg>"]) + "\n"


def mark(digit: int, hollow: bool, colour: str, ink: str) -> str:
    half = MARK / 2
    shape = (
        f'<rect x="{-half}" y="{-half}" width="{MARK}" height="{MARK}" fill="#fff" '
        f'stroke="{colour}" stroke-width="1.4"/>'
        if hollow
        else f'<circle r="{half}" fill="{colour}"/>'
    )
    text = f'<text y="2.5" font-size="7" fill="{"#000" if hollow else ink}">{digit}</text>'
    return f'<g id="d{digit}">{shape}{text}</g>'


if __name__ == "__main__":
    main()
