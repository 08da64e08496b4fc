"""Serve the built book on port 8000, and JupyterLab on port 8888, for this computer alone.

    python tools/serve.py
    python tools/serve.py --book-port 8001 --lab-port 8889
    python tools/serve.py --in-container

A port of a container can be published only if a program listens on all of the container's
addresses, so the Containerfile asks for that by name, with --in-container. Who can reach it is
decided outside: ``docker run -p 127.0.0.1:8000:8000``. Everything else on the command line goes to
JupyterLab.
"""

import argparse
import functools
import http.server
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
THIS_COMPUTER = "127.0.0.1"
ALL_ADDRESSES = "0.0.0.0"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def send_head(self):
        if "\0" in self.translate_path(self.path):  # no file has such a name; open() raises
            self.send_error(404)
            return None
        return super().send_head()

    def log_message(self, *arguments):
        pass


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--host", default=THIS_COMPUTER, help="default: %(default)s")
    where.add_argument(
        "--in-container",
        action="store_const",
        dest="host",
        const=ALL_ADDRESSES,
        help="listen on all addresses, so that ports of the container can be published",
    )
    parser.add_argument("--book-port", type=int, default=8000)
    parser.add_argument("--lab-port", type=int, default=8888)
    said, for_lab = parser.parse_known_args(arguments)
    if not (HTML / "index.html").exists():
        print("There is no built book to serve: make book", file=sys.stderr)
        return 1
    handler = functools.partial(Quiet, directory=str(HTML))
    server = http.server.ThreadingHTTPServer((said.host, said.book_port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"The book: http://localhost:{said.book_port}", flush=True)
    # It prints its own address, with the token that keeps others out.
    lab = [sys.executable, "-m", "jupyterlab", "notebooks", "--no-browser", "--ip", said.host]
    try:
        return subprocess.run([*lab, "--port", str(said.lab_port), *for_lab], cwd=ROOT).returncode
    finally:
        server.shutdown()


if __name__ == "__main__":
    sys.exit(main())
