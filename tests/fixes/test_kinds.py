import re

import pytest

from statelint import fixes
from statelint.config import Configurations
from statelint.engine import Engine
from statelint.engine.fixing import fix
from statelint.findings import Confidence, Draft
from statelint.source import SourceFile

pytestmark = pytest.mark.usefixtures("stand_in")


def fixed_suppressions(tmp_path, text):
    path = tmp_path / "a.py"
    path.write_bytes(text.encode())
    result = fix(Engine(Configurations(isolated=True)), {str(path): None}, unsafe=False)
    return result.changes[0].after.decode() if result.changes else None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1  # statelint: ignore[SL201]\n", "x = 1\n"),
        ("x = 1  # statelint: ignore[SL201] -- why\r\ny\r\n", "x = 1\r\ny\r\n"),
        ("x = 1  # statelint: ignore[SL201]", "x = 1"),
        ("x = 1  # a note  # statelint: ignore[SL201] -- why\n", "x = 1  # a note\n"),
        ("x = 1  # statelint: ignore[SL201] -- why  # noqa: E501\n", "x = 1  # noqa: E501\n"),
        ("x = 1  # one # statelint: ignore # two\n", "x = 1  # one # two\n"),
        ("BAD  # statelint: ignore[SL201, SL6]\n", "BAD  # statelint: ignore[SL201]\n"),
        ("BAD  # statelint: ignore[SL6,SL201] -- why\n", "BAD  # statelint: ignore[SL201] -- why\n"),
        ("BAD  # statelint: ignore[SL6, SL201, SL9]\n", "BAD  # statelint: ignore[SL201]\n"),
        ("BAD  # statelint: ignore[SL6, SL9, SL201]\n", "BAD  # statelint: ignore[SL201]\n"),
        ("BAD  # statelint: ignore[SL201, SL6, SL9]\n", "BAD  # statelint: ignore[SL201]\n"),
        ("x = 1  # noqa: E501,SL201\n", "x = 1  # noqa: E501\n"),
        ("x = 1  # noqa: SL201, E501\n", "x = 1  # noqa: E501\n"),
        ("x = 1  # noqa: E501 SL201\n", "x = 1  # noqa: E501\n"),
        ("x = 1  # noqa: SL201\n", "x = 1\n"),
        ("if x:\n    # statelint: ignore[SL201]\n    y\n", "if x:\n    y\n"),
        ("# statelint: ignore-file[SL2] -- a\nx = 1\n", "x = 1\n"),
        ('x = """\n\ta"""\t# statelint: ignore[SL201]\n', 'x = """\n\ta"""\n'),
        ("x = f(\n  1,  # statelint: ignore[SL201]\n)\n", "x = f(\n  1,\n)\n"),
        ("BAD  # statelint: ignore[SL201]\n", None),
        ("x = 1  # statelint: ignore[SL299]\n", None),
    ],
)
def test_unused_suppressions_are_removed_to_the_byte(tmp_path, before, after):
    assert fixed_suppressions(tmp_path, before) == after


def draft(code, **hint):
    return Draft(code, "a.py", (1, 0, 1, 1), "", "", Confidence.CERTAIN, "f", (), hint)


def span(text, part, occurrence=1):
    at = [found.start() for found in re.finditer(re.escape(part), text)][occurrence - 1]
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1)
    rows = part.count("\n")
    end = len(part) - (part.rfind("\n") + 1) + (0 if rows else column)
    return f"{line},{column},{line + rows},{end}"


def fixed(code, text, **hint):
    source = SourceFile("a.py", data=text.encode())
    proposed = fixes.propose(draft(code, **hint), source)
    return fixes.apply_edits(source, proposed.edits).decode() if proposed else None


@pytest.mark.parametrize(
    ("expression", "after"),
    [
        ("loss", "loss.detach()"),
        ("self.losses[0]", "self.losses[0].detach()"),
        ("f(x)", "f(x).detach()"),
        ("a + b", "(a + b).detach()"),
        ("-a", "(-a).detach()"),
        ("a if c else b", "(a if c else b).detach()"),
        ("a +\n  b", "(a +\n  b).detach()"),
        ("a.b(\n  c\n)", "a.b(\n  c\n).detach()"),
        ("(a, b)", None),
        ("[a]", None),
        ("*a", None),
    ],
)
def test_detaching(expression, after):
    text = f"total.append({expression})  # note\n"
    expected = None if after is None else f"total.append({after})  # note\n"
    assert fixed("SL902", text, span=span(text, expression)) == expected


def reuse(text, first_line, occurrence=2, **hint):
    at = [found.start() for found in re.finditer(r"(?<=normal\()key", text)][occurrence - 1]
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1)
    use = f"{line},{column},{line},{column + 3}"
    facts = {"key": "key", "insert_line": str(first_line), "use_span": use, "fresh": "subkey", "split": "split", **hint}
    return fixed("SL602", text, **facts)


@pytest.mark.parametrize(
    ("text", "first_line", "after"),
    [
        (
            "def f(key):\n    a = normal(key)\n    return a + normal(key)\n",
            2,
            "def f(key):\n    key, subkey = split(key)\n    a = normal(key)\n    return a + normal(subkey)\n",
        ),
        (
            "def f(key):\n    return normal(key) + normal(key)\n",
            2,
            "def f(key):\n    key, subkey = split(key)\n    return normal(key) + normal(subkey)\n",
        ),
        (
            "key = PRNGKey(0)\nif c:\n    a = normal(key)\nb = normal(key)\n",
            3,
            "key = PRNGKey(0)\nkey, subkey = split(key)\nif c:\n    a = normal(key)\nb = normal(subkey)\n",
        ),
        (
            "def f(key):\n    a = normal(key)\n    for i in r:\n        b = normal(key)\n",
            2,
            "def f(key):\n    key, subkey = split(key)\n    a = normal(key)\n"
            "    for i in r:\n        b = normal(subkey)\n",
        ),
        (
            "def f(key):\r\n    with c:\r\n        a = normal(key, 1)\r\n        b = normal(key)\r\n",
            3,
            "def f(key):\r\n    with c:\r\n        key, subkey = split(key)\r\n        a = normal(key, 1)\r\n"
            "        b = normal(subkey)\r\n",
        ),
        (
            "def f(key):\n    subkey = 1\n    a = normal(key)\n    b = normal(key)\n",
            3,
            "def f(key):\n    subkey = 1\n    key, subkey_2 = split(key)\n    a = normal(key)\n"
            "    b = normal(subkey_2)\n",
        ),
        ("key = k\ndef f():\n    a = normal(key)\n    b = normal(key)\n", 3, None),
        ("def f(key):\n    a = normal(key)\n    return [normal(key) for i in r]\n", 2, None),
        ("def f(key):\n    a = normal(key)\n    return lambda: normal(key)\n", 2, None),
        ("def f(key): a = normal(key); b = normal(key)\n", 1, None),
        ("def f(key):\n    x = 1; a = normal(key)\n    b = normal(key)\n", 2, None),
    ],
)
def test_splitting(text, first_line, after):
    assert reuse(text, first_line) == after


def test_splitting_in_a_loop_carries_the_key_on():
    text = "def f(key):\n    for i in r:\n        a = normal(key)\n"
    expected = "def f(key):\n    for i in r:\n        key, subkey = split(key)\n        a = normal(subkey)\n"
    assert reuse(text, 3, occurrence=1) == expected


STRAIGHT = """
import jax
def f(key):
    a = jax.random.normal(key)
    b = jax.random.uniform(key)
    c = jax.random.normal(key)
    return a, b, c
"""
LOOP = """
import jax
def f(key):
    out = []
    for i in range(3):
        out.append(jax.random.normal(key))
    return out
"""


@pytest.mark.parametrize(("text", "uses"), [(STRAIGHT, [(4, 5), (4, 6)]), (LOOP, [(6, 6)])])
def test_the_rewrite_as_it_runs(text, uses):
    """JAX's own checker of key reuse refuses the program before, and accepts it after all fixes."""
    jax = pytest.importorskip("jax")

    def run(program):
        namespace = {}
        exec(compile(program, "program", "exec"), namespace)
        with jax.debug_key_reuse(True), jax.disable_jit(False):
            return namespace["f"](jax.random.key(0))

    errors = jax.errors.KeyReuseError
    with pytest.raises(errors):
        run(text)
    for first, use in uses:
        shift = text.count("split")  # each split so far is one more line
        line = text.split("\n")[use + shift - 1]
        column = line.index("(key)") + 1
        at = f"{use + shift},{column},{use + shift},{column + 3}"
        hint = {"key": "key", "insert_line": str(first + shift), "use_span": at, "fresh": "subkey"}
        text = fixed("SL602", text, split="jax.random.split", **hint)
    values = [float(each) for each in run(text)]
    assert len(set(values)) == 3


def test_every_kind_says_what_it_repairs():
    from statelint.fixes._registry import kinds

    assert set(kinds()) >= {"SL003", "SL602", "SL902"}


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("SL107", "def f(x, m):\n    x -= m + 1\n    return x\n", "def f(x, m):\n    x = x - (m + 1)\n    return x\n"),
        ("SL107", "def f(x, m):\n    x += m\n    return x\n", None),
        ("SL107", "def f(x):\n    g(x); x -= 1\n    return x\n", None),
        ("SL110", "def f(a):\n    p = iter(a)\n    return next(p), list(p)\n", None),
        ("SL110", "def f(a):\n    p = (i for i in a)  # once\n", "def f(a):\n    p = list((i for i in a))  # once\n"),
        (
            "SL203",
            "import torch\nif c:\n\tw.fill_(\n\t\t0.0)\n",
            "import torch\nif c:\n\twith torch.no_grad():\n\t\tw.fill_(\n\t\t\t0.0)\n",
        ),
        ("SL203", "import torch\nif c: w.fill_(0.0)\n", None),
        ("SL203", "import torch\nw.fill_(f('''\n'''))\n", None),
        ("SL203", "from torch import nn\nw.fill_(0.0)\n", None),
        ("SL303", "t = torch.from_numpy(a + b)\n", "t = torch.from_numpy((a + b).copy())\n"),
        ("SL303", "t = torch.from_numpy(*a)\n", None),
        ("SL305", "def f(n):\n    p = [g(_)] * n\n", None),
        ("SL305", "class A:\n    p = [[]] * 3\n", None),
        ("SL305", "p = [[1]] * (n + 1)\r\n", "p = [[1] for _ in range(n + 1)]\r\n"),
        ("SL604", "import torch\nz = d.sample((3,))\n", "import torch\nz = d.rsample((3,))\n"),
    ],
)
def test_edits_by_place(code, before, after):
    """The finding stands at the statement, or at the expression, that the rule reports; the file has nothing else."""
    places = {
        "SL107": r"x [-+]= [^\n]+", "SL110": r"p = [^\n#]*[^\n# ]", "SL203": r"w\.fill_\([^#]*\)(?=\r?\n)",
        "SL303": r"torch.from_numpy\(.*\)", "SL305": r"\[.*\] \* (?:\(n \+ 1\)|\w+)", "SL604": r"d\.sample\(.*\)",
    }  # fmt: skip
    part = re.search(places[code], before)[0]
    at = tuple(int(each) for each in span(before, part).split(","))
    source = SourceFile("a.py", data=before.encode())
    proposed = fixes.propose(Draft(code, "a.py", at, "", "", Confidence.CERTAIN, "f"), source)
    assert (fixes.apply_edits(source, proposed.edits).decode() if proposed else None) == after
