"""How much memory a few lines of Python take, found out in a process of their own."""

import json
import subprocess
import sys
import textwrap
from typing import NamedTuple

import pytest

# On Linux, ru_maxrss of a fresh process begins with the peak of the process that started it, here
# of pytest with all that earlier tests have loaded: VmHWM is the process's own.
PROGRAM = """
import json, resource, sys
def peak():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1e3
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / (1e6 if sys.platform == "darwin" else 1e3)
words = sys.argv[1:]
{before}
began, error = peak(), ""
try:
{measured}
except Exception as raised:
    error = f"{{type(raised).__name__}}: {{raised}}"
print(json.dumps([peak() - began, error]))
"""

needs_peak_memory = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows does not say how much memory a process has held"
)


class Measured(NamedTuple):
    """What the measured lines did.

    Attributes:
        megabytes: by how much they raised the peak of the process's memory.
        error: the exception that ended them, as "Kind: message"; "" if there was none.
    """

    megabytes: float
    error: str


def measured(before, lines, *words):
    """Run ``lines`` in a new process, after ``before``; both see ``words`` as a list of strings."""
    program = PROGRAM.format(
        before=textwrap.dedent(before), measured=textwrap.indent(textwrap.dedent(lines), "    ")
    )
    command = [sys.executable, "-c", program, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return Measured(*json.loads(done.stdout.splitlines()[-1]))
