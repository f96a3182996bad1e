"""Random programs: the lowered form computes what CPython computes."""

from __future__ import annotations

import os
import random
import sys
import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from .random_programs import program
from .test_semantics import assert_same

# More on demand: STATELINT_SEEDS=1000:50000 pytest tests/ir/test_random.py
FIRST, _, LAST = os.environ.get("STATELINT_SEEDS", "0:1200").partition(":")
BATCH = 100
# CPython 3.12.1 takes names around an inlined comprehension for unbound, where 3.11 and 3.13 do not: no oracle.
pytestmark = pytest.mark.skipif(sys.version_info[:2] == (3, 12), reason="3.12.1 miscompiles comprehensions")


def is_python(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "main.py", "exec")
    except SyntaxError:
        return False
    return True


@pytest.mark.parametrize("start", range(int(FIRST), int(LAST), BATCH))
def test_seeds(start: int) -> None:
    ran = 0
    for seed in range(start, start + BATCH):
        rng = random.Random(seed)
        source = program(rng.randrange, rng.choice((10, 25, 60, 120)))
        if is_python(source):
            assert_same(source)
            ran += 1
    assert ran > BATCH // 2


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
@given(st.data())
def test_searched(data: Any) -> None:
    """The same under hypothesis, which makes the failing program small."""
    source = program(lambda n: data.draw(st.integers(0, n - 1)), 40)
    assume(is_python(source))
    assert_same(source)
