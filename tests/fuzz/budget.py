"""How many inputs each parser gets, and that each is answered within a second of its own time."""

import functools
import os
import time

from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "300"))
_MOST_S = 1.0  # the promise is "no hang over a second", whatever else the machine does


def fuzzed(test, share=1):
    """Give a `@given` test its number of inputs; `share` is what one costs beside the others."""
    inner = test.hypothesis.inner_test

    @functools.wraps(inner)
    def timed(*arguments, **named):
        began = time.process_time()
        answer = inner(*arguments, **named)
        assert time.process_time() - began < _MOST_S
        return answer

    test.hypothesis.inner_test = timed
    return settings(
        max_examples=max(EXAMPLES // share, 10),
        deadline=None,  # it would count what other processes take
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )(test)


def dear(test):
    """Give a `@given` test of something slow a tenth of the inputs."""
    return fuzzed(test, share=10)
