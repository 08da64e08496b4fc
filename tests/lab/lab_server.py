"""A real JupyterLab that knows nothing of the user's settings and touches none of them."""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from chapters import ROOT

SECONDS_TO_START = 90
# JupyterLab draws only the cells near the window unless told otherwise, and asks about news.
SETTINGS = {
    "notebook-extension/tracker": '{"windowingMode": "none"}',
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
}


@dataclass(frozen=True)
class Server:
    url: str
    token: str

    def address(self, notebook: str) -> str:
        # A workspace of its own: no tab of the notebook before.
        workspace = Path(notebook).stem
        return f"{self.url}/lab/workspaces/{workspace}/tree/{notebook}?token={self.token}"


@contextlib.contextmanager
def lab_server(notebooks: Path, home: Path, cache: Path):
    """Serve the folder ``notebooks``; everything that JupyterLab writes goes to ``home``."""
    write_settings(home)
    server = Server(f"http://127.0.0.1:{free_port()}", secrets.token_hex(16))
    log = home / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                *("--ip=127.0.0.1", f"--port={server.url.rsplit(':', 1)[1]}"),
                *("--ServerApp.port_retries=0", f"--IdentityProvider.token={server.token}"),
                *(f"--ServerApp.root_dir={notebooks}", "--LabApp.expose_app_in_browser=True"),
            ],
            cwd=notebooks,
            env=environment(home, cache),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_it_answers(server, process, log)
        yield server
    finally:
        process.terminate()  # a server that is terminated ends its kernels
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def environment(home: Path, cache: Path) -> dict[str, str]:
    of_the_user = ("JUPYTER", "IPYTHON", "XDG_", "SIAMESE_", "MPL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(of_the_user)}
    return {
        **kept,
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "SIAMESE_SOURCE": "glyphs",
        "SIAMESE_CACHE": str(cache),
        "SIAMESE_DATA": str(home / "no-data"),
        # The library of this checkout, whichever one is installed.
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def write_settings(home: Path) -> None:
    for plugin, text in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf8")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until_it_answers(server: Server, process: subprocess.Popen, log: Path) -> None:
    status = f"{server.url}/api/status?token={server.token}"
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(status, timeout=5).close()
            return
        time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text('utf8')[-3000:]}")
