"""Random programs: the lowered form computes what CPython computes."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, assume, given, settings

from .random_programs import programs
from .test_semantics import assert_same

# More on demand: STATELINT_EXAMPLES=20000 pytest tests/ir/test_random.py
EXAMPLES = int(os.environ.get("STATELINT_EXAMPLES", "150"))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="STATELINT_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
@given(programs())
def test_random_program(source: str) -> None:
    try:
        compile(source, "main.py", "exec")
    except SyntaxError:
        assume(False)
    assert_same(source)
