"""Serve the built book on port 8000, and JupyterLab on port 8888: what the container runs.

python tools/serve.py
python tools/serve.py --book-port 8001 --lab-port 8889 --host 127.0.0.1

Whatever else is given goes to JupyterLab.
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


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="0.0.0.0")
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
