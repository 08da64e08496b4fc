"""Open a notebook in JupyterLab with Chromium, run it, say what is seen, and take pictures."""

import contextlib
import math
import time
from pathlib import Path

from lab_server import Server
from playwright.sync_api import Page, sync_playwright

from required import CHROMIUM

SECONDS_TO_RUN = 400
SIZE = {"width": 1300, "height": 2000}
FACTS = Path(__file__).with_name("lab_facts.js").read_text("utf8")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    # Nothing but this machine can be reached: what needs a network is seen to be missing.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
PANEL = "window.jupyterapp.shell.currentWidget"
IS_OPEN = f"() => window.jupyterapp && {PANEL}?.sessionContext?.session?.kernel?.status === 'idle'"
# A kernel that dies is started anew at once, and the run never ends: its states are followed.
RUN = f"""() => {{
  {PANEL}.sessionContext.statusChanged.connect((_, status) => {{
    if (["dead", "restarting", "autorestarting"].includes(status)) window.ended = "died";
  }});
  const running = window.jupyterapp.commands.execute("notebook:run-all-cells");
  running.finally(() => {{ window.ended ??= "ran"; }});
}}"""
HAS_ENDED = f"""() =>
  window.ended === "died" || {PANEL}.sessionContext.session?.kernel?.status === "idle"
    ? window.ended : undefined"""
# Changes as long as anything is still being drawn.
DRAWN = f"{PANEL}.node.querySelectorAll('*').length + ' ' + {PANEL}.content.node.scrollHeight"
END = f"{PANEL}.content.widgets.at(-1).node.getBoundingClientRect().bottom"
TOP = "panel => panel.getBoundingClientRect().top - panel.scrollTop"
SCROLLER = f"{PANEL}.content.node.querySelector('.jp-WindowedPanel-outer')"


@contextlib.contextmanager
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS])
        yield browser
        browser.close()


def run_and_look(browser, server: Server, notebook: str, pictures: Path | None = None):
    """Facts about each cell after a run from top to bottom (see lab_facts.js).

    JupyterLab opens the output of each cell that it runs, so whether outputs are collapsed
    (``outputHidden``) is what was seen when the notebook was opened.
    """
    page = browser.new_page(viewport=SIZE)
    try:
        page.goto(server.address(notebook))
        page.wait_for_function(IS_OPEN, timeout=90_000)
        page.evaluate("window.jupyterapp.shell.collapseLeft()")
        hidden = {cell["id"]: cell["outputHidden"] for cell in page.evaluate(FACTS)}
        page.evaluate(RUN)
        ended = page.wait_for_function(HAS_ENDED, timeout=1000 * SECONDS_TO_RUN, polling=200)
        assert ended.json_value() == "ran", f"the kernel of {notebook} died"
        wait_until_drawn(page)
        see_every_part(page, pictures and pictures / Path(notebook).stem)
        facts = page.evaluate(FACTS)
        page.evaluate("window.jupyterapp.serviceManager.sessions.shutdownAll()")
        return [{**cell, "outputHidden": hidden[cell["id"]]} for cell in facts]
    finally:
        page.close()


def wait_until_drawn(page: Page) -> None:
    """Wait until mathematics and pictures are there: the page is the same twice in a second."""
    seen = []
    until = time.monotonic() + 20
    while time.monotonic() < until and (len(seen) < 3 or len(set(seen[-3:])) > 1):
        page.wait_for_timeout(500)
        seen.append(page.evaluate(DRAWN))


def see_every_part(page: Page, name: Path | None) -> None:
    """Scroll through the whole notebook, with a picture of each part as ``name-1.png`` and on."""
    scroller = page.evaluate_handle(SCROLLER).as_element()
    height = scroller.evaluate("panel => panel.clientHeight")
    # Not scrollHeight: there is room to scroll past the end.
    whole = math.ceil(page.evaluate(END) - scroller.evaluate(TOP))
    if name is not None:
        name.parent.mkdir(parents=True, exist_ok=True)
        for old in name.parent.glob(f"{name.name}-*.png"):
            old.unlink()
    for number, top in enumerate(range(0, whole, height), start=1):
        scroller.evaluate("(panel, top) => { panel.scrollTop = top; }", top)
        page.wait_for_timeout(150)
        if name is not None:
            scroller.screenshot(path=name.with_name(f"{name.name}-{number:02}.png"))
