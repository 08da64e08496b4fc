"""Where a submission runs.

| kind | what it is |
| --- | --- |
| ``bubblewrap`` | namespaces of the kernel; no preparation, Linux only |
| ``container`` | Podman or Docker; hard limits by cgroups, for which an image is built once |
| ``none`` | no protection at all; only if it is asked for, and never as root |

What a submission can read, reach and use up in each is measured by ``assignments/selftest.py``.
"""

from grading.sandbox.limits import Limits, NoSandboxError
from grading.sandbox.starting import KINDS, Sandboxed, choose, start

__all__ = ["KINDS", "Limits", "NoSandboxError", "Sandboxed", "choose", "start"]
