"""A server on a free port of this machine, for what a test downloads or opens."""

import functools
import http.server
import threading
from contextlib import contextmanager


class QuietFiles(http.server.SimpleHTTPRequestHandler):
    """Serves the files of a folder, and says nothing of it."""

    def log_message(self, *arguments):
        pass


@contextmanager
def serving(handler):
    """Serve with a handler class while it lasts; gives the server and its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def files_of(folder, handler=QuietFiles):
    """The handler that serves a folder."""
    return functools.partial(handler, directory=str(folder))
