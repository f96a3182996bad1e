"""The facts of small programs, read line by line; pairs of aliases against what NumPy does.

The dumps in dumps.txt were checked by hand against torch 2.13 and NumPy. STATELINT_UPDATE_GOLDEN=1 writes them anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings, target

from effects.inspecting import inspected, shared_pairs, sharing, static_pairs
from effects.view_programs import Program, view_programs
from statelint.effects.dump import FACTS, dump, dump_steps
from statelint.effects.facts import AnyFact

GOLDEN = Path(__file__).with_name("dumps.txt")


def _cases() -> dict[str, tuple[str, str]]:
    found = {}
    for part in GOLDEN.read_text(encoding="utf-8").split("### ")[1:]:
        name, _, rest = part.partition("\n")
        source, _, expected = rest.partition("---\n")
        found[name] = (source, expected.strip())
    return found


CASES = _cases()


def _dumped(source: str) -> str:
    return "\n".join(dump(inspected(source, "C.f" if "class C" in source else "f")))


if os.environ.get("STATELINT_UPDATE_GOLDEN"):
    GOLDEN.write_text(
        "\n".join(f"### {name}\n{source}---\n{_dumped(source)}\n" for name, (source, _) in CASES.items()),
        encoding="utf-8",
    )
    CASES = _cases()


@pytest.mark.parametrize("name", CASES)
def test_dump(name: str) -> None:
    source, expected = CASES[name]
    assert _dumped(source) == expected


def test_the_same_dump_again() -> None:
    for source, expected in CASES.values():
        assert _dumped(source) == expected


def test_every_fact_has_a_line() -> None:
    assert set(FACTS) == set(AnyFact.__args__)


def test_steps_name_each_instruction() -> None:
    steps = dump_steps(inspected("import numpy as np\ndef f():\n    a = np.zeros(4)\n    b = a[1:]\n"))
    assert [line for line in steps if "[" in line][-1] == "4:8 %6 = %3[%5]  ->  ndarray @3:8[1:]"
    assert steps[-1] == "4:4 store local b = %6"


VIEWS = {
    "slices": "a = np.zeros(10); b = a[:3]; c = a[3:]; d = b[1:]; e = c[::2]",
    "shapes": "a = np.zeros((4, 6)); b = a.reshape(-1); c = a.T; d = c[0]; e = b[7]; g = a[1]",
    "copies": "a = np.zeros(8); b = a.copy(); c = a + 0; d = a[[1, 2]]; e = np.array(a)",
    "swap": "a = np.zeros(3); b = np.ones(3); a, b = b, a; c = a",
    "rebound": "a = np.zeros(3); b = a; a = np.ones(3); c = a",
    "in place": "a = np.zeros(3); b = a; b += 1; c = a; c = c + 1",
    "lists": "a = np.zeros(3); b = [a, np.ones(3)]; c = b[0]; d = b[1]; b[0] = d; e = b[0]",
    "dicts": "a = np.zeros(3); b = dict(p=a); c = b['p']; d = {**b}['p']",
    "tuples": "a = np.zeros(3); b = (a, a[1:]); c, d = b",
    "split": "a = np.zeros(8); b, c = np.split(a, 2); d = b[1]; e = a[1:2]",
    "branch": "a = np.zeros(3); b = np.ones(3)\n    if k > 1:\n        c = a\n    else:\n        c = b",
    "loop": "a = np.zeros((4, 2)); b = a\n    for i in range(k):\n        b = a[i]; c = a[i + 1]",
    "carried": "a = np.zeros(4); b = a\n    for i in range(k):\n        b = b[1:]",
    "helper": "a = np.zeros(4); b = head(a); c = both(a)[1]; d = same(b); e = fresh(a)",
    "closure": "a = np.zeros(4)\n    def inner():\n        return a[:2]\n    b = inner()",
    "out": "a = np.zeros(4); b = np.add(a, 1, out=a); c = np.exp(a)",
    "tried": "a = np.zeros(4); b = a\n    try:\n        b = np.ones(k); c = a\n    except ValueError:\n        c = b",
    "object": "a = np.zeros(4); o = Box(a); b = o.value; o.value = a[1:]; c = o.value; d = o.part()",
}
HEAD = """import numpy as np

class Box:
    def __init__(self, value):
        self.value = value

    def part(self):
        return self.value[:2]

def head(v):
    return v[:2]

def both(v):
    return v.copy(), v

def same(v):
    return v

def fresh(v):
    return v * 2

"""


@pytest.mark.parametrize("name", VIEWS)
def test_what_shares_memory_is_in_aliases(name: str) -> None:
    source = f"{HEAD}def f(k):\n    {VIEWS[name]}\n    return locals()\n"
    for number in (1, 2, 3):
        assert shared_pairs(source, number) <= static_pairs(source)


EXACT = ("slices", "copies", "swap", "rebound", "in place", "dicts", "tuples", "out", "closure")


@pytest.mark.parametrize("name", EXACT)
def test_nothing_else_is(name: str) -> None:
    source = f"{HEAD}def f(k):\n    {VIEWS[name]}\n    return locals()\n"
    assert static_pairs(source) == shared_pairs(source, 2)


@settings(max_examples=150, deadline=None)
@given(view_programs())
def test_recall_on_random_views(program: Program) -> None:
    real, found = sharing(program.held), static_pairs(program.source)
    target(float(len(real)))
    assert real <= found, f"{program.source}\nmissed: {sorted(real - found)}"


def test_returns_are_not_mixed() -> None:
    source = (
        "import numpy as np\ndef f(k):\n    a, b = np.zeros(3), np.ones(3)\n    if k:\n        x, y = a, b\n"
        "        return x\n    x, y = b, a\n    return x\n"
    )
    pairs = static_pairs(source)
    assert ("x", "y") not in pairs
    assert {("a", "x"), ("b", "x"), ("a", "y"), ("b", "y")} <= pairs
