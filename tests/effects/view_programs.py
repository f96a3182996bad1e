"""Random straight-line programs of NumPy views; each statement is run as it is drawn, and left out if it fails."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st


class Program(NamedTuple):
    """The source of ``f(k)``, and its names with their values after a run with ``k = 2``."""

    source: str
    held: dict[str, Any]


_MAKERS = (
    "np.zeros(12)",
    "np.arange(24.0).reshape(4, 6)",
    "np.ones((2, 3, 4))",
    "np.zeros((4, 4))",
    "np.empty((3, 2, 2))",
)
_METHODS = (
    "{a}.T",
    "{a}.reshape(-1)",
    "{a}.reshape(2, -1)",
    "{a}.ravel()",
    "{a}.flatten()",
    "{a}.copy()",
    "{a}.squeeze()",
    "{a}.transpose()",
    "{a}.swapaxes(0, -1)",
    "{a}.view()",
    "{a}.real",
    "{a}.diagonal()",
    "{a}.astype(float, copy=False)",
    "np.asarray({a})",
    "np.transpose({a})",
    "np.reshape({a}, (-1, 2))",
    "np.expand_dims({a}, 0)",
    "np.moveaxis({a}, 0, -1)",
    "np.flip({a})",
    "np.broadcast_to({a}, (2,) + {a}.shape)",
    "np.atleast_2d({a})",
    "np.squeeze({a})",
    "np.ravel({a})",
    "{a}",
    "{a} + 1",
    "-{a}",
    "np.where({a} > 0, {a}, 0)",
    "np.concatenate([{a}, {a}])",
    "{a}[{a} > 1]",
    "{a}[[0, 1]]",
    "np.ascontiguousarray({a})",
    "np.rollaxis({a}, 1)",
    "np.flipud({a})",
    "np.rot90({a})",
    "np.array({a})",
    "np.array({a}, copy=None)",
)
_PAIRS = (
    "{x}, {y} = np.split({a}, 2)",
    "{x}, {y} = {a}[:2], {a}[2:]",
    "{x}, *{y} = {a}",
    "{x}, {y} = ({a}, {b})",
    "{x} = ({a}, {b})[0]; {y} = [{a}, {b}][1]",
    "{x} = dict(p={a}, q={b})['p']; {y} = {{'p': {a}, 'q': {b}}}['q']",
    "{x} = {a}; {x} += 1; {y} = {x}",
    "{x} = {a}; {x} = {x} + 1; {y} = {b}",
    "{x} = np.add({a}, 1, out={a}); {y} = {b}",
)

_bound = st.one_of(st.none(), st.integers(-4, 5), st.just("k"))
_step = st.sampled_from((None, None, None, 1, 2, -1))


def _text(bound: Any) -> str:
    return "" if bound is None else str(bound)


@st.composite
def _part(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(("index", "slice", "slice", "slice", "new", "rest", "name")))
    if kind == "index":
        return str(draw(st.integers(-3, 3)))
    if kind == "name":
        return draw(st.sampled_from(("k", "k + 1", "-k", "k - 1")))
    if kind == "new":
        return draw(st.sampled_from(("None", "np.newaxis")))
    if kind == "rest":
        return "..."
    step = draw(_step)
    return f"{_text(draw(_bound))}:{_text(draw(_bound))}" + (f":{step}" if step is not None else "")


@st.composite
def _statement(draw: st.DrawFn, names: list[str], number: int) -> str:
    a, b = draw(st.sampled_from([*names, *names[-2:]])), draw(st.sampled_from(names))
    x, y = f"v{number}", f"w{number}"
    kind = draw(st.sampled_from(("index", "index", "index", "method", "method", "pair", "new", "again")))
    if kind == "index":
        return f"{x} = {a}[{', '.join(draw(st.lists(_part(), min_size=1, max_size=3)))}]"
    if kind == "method":
        return f"{x} = " + draw(st.sampled_from(_METHODS)).format(a=a)
    if kind == "pair":
        return draw(st.sampled_from(_PAIRS)).format(a=a, b=b, x=x, y=y)
    if kind == "again":
        return f"{a} = {b}"
    return f"{x} = {draw(st.sampled_from(_MAKERS))}"


@st.composite
def view_programs(draw: st.DrawFn) -> Program:
    """A program of two to nine statements over arrays, lists, slices and views."""
    held: dict[str, Any] = {"np": np, "k": 2}
    lines = [f"a = {draw(st.sampled_from(_MAKERS))}"]
    exec(lines[0], held)
    names = ["a"]
    for number in range(draw(st.integers(2, 8))):
        line = draw(_statement(names, number))
        before = dict(held)
        try:
            exec(line, held)
        except (ValueError, IndexError, TypeError, np.exceptions.AxisError):
            held = before
            continue
        lines.append(line)
        names = [name for name, value in held.items() if isinstance(value, np.ndarray)]
    held = {name: value for name, value in held.items() if name not in ("np", "k", "__builtins__")}
    body = "".join(f"    {line}\n" for line in lines)
    return Program(f"import numpy as np\n\ndef f(k):\n{body}    return locals()\n", held)
