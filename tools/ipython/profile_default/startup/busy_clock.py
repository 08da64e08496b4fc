"""A clock as on a machine that is busy with something else: no chapter may depend on a time.

``tools/check.py`` runs the chapters with it (IPYTHONDIR). Each look at ``time.perf_counter`` may
come up to ten seconds late, so that half of all comparisons of two times turn out the other way.
"""

import random
import time

_draw = random.Random()  # not the generator that chapters seed
_late = 0.0
_perf_counter = time.perf_counter


def _busy_perf_counter():
    global _late
    _late += _draw.choice((0, 0, 0.3, 10)) * _draw.random()
    return _perf_counter() + _late


time.perf_counter = _busy_perf_counter
