"""Fixes of the rules on lost updates and unregistered buffers, to the byte."""

import pytest

from statelint.config import Configurations
from statelint.engine import Engine
from statelint.engine.fixing import fix

HEAD = "import jax\nimport torch\n\n\n"


def fixed(tmp_path, text, unsafe=False):
    path = tmp_path / "a.py"
    path.write_text(HEAD + text, "utf-8")
    result = fix(Engine(Configurations(isolated=True)), {str(path): None}, unsafe=unsafe)
    return result.changes[0].after.decode().removeprefix(HEAD) if result.changes else None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "def f(u):\n    u.at[0].set(1.0)  # ends\n    return u\n",
            "def f(u):\n    u = u.at[0].set(1.0)  # ends\n    return u\n",
        ),
        (
            "def f(s):\n    if s.k: s.u.at[0].set(\n        1)\n",
            "def f(s):\n    if s.k: s.u = s.u.at[0].set(\n        1)\n",
        ),
        (
            "def f(p, g):\n    jax.tree_util.tree_map(lambda a, b: a - b, p, g)\n    return p\n",
            "def f(p, g):\n    p = jax.tree_util.tree_map(lambda a, b: a - b, p, g)\n    return p\n",
        ),
        ("def f(rows):\n    rows[0].at[0].set(1.0)\n    return rows\n", None),
    ],
)
def test_dropped_results_are_assigned(tmp_path, before, after):
    assert fixed(tmp_path, before) == after


MODULE = (
    "class M(torch.nn.Module):\n    def __init__(self, n):\n        super().__init__()\n        {0}\n\n"
    "    def forward(self, x):\n        {1}return x - self.mean\n"
)


@pytest.mark.parametrize(
    ("before", "after", "extra"),
    [
        ("self.mean = torch.ones(n)", 'self.register_buffer("mean", torch.ones(n), persistent=False)', ""),
        (
            "self.mean = torch.ones(n)",
            'self.register_buffer("mean", torch.ones(n))',
            "self.mean = 0.9 * self.mean + 0.1 * x.detach().mean(0) if self.training else self.mean\n        ",
        ),
        ("self.mean = (\n            torch.ones(n)\n        )", None, ""),
    ],
)
def test_plain_tensors_become_buffers(tmp_path, before, after, extra):
    text = MODULE.format(before, extra)
    wanted = MODULE.format(after, extra) if after else None
    assert fixed(tmp_path, text, unsafe=True) == wanted
