from __future__ import annotations

import json
from typing import Any

import pytest

from statelint.cli.main import main

FILES = {
    "pkg/__init__.py": "",
    "pkg/registry.py": (
        "import torch\n\nMODELS = {}\nLIMITS = [1, 2]\nNAME = 'x'\n_cache = {}\nsteps = 0\n\n\n"
        "class Config:\n    table = {}\n\n\n"
        "def register(name):\n    def wrap(function):\n        MODELS[name] = function\n        return function\n\n"
        "    return wrap\n\n\n"
        "def models():\n    return MODELS\n\n\n"
        "def cached(x):\n    if 'x' not in _cache:\n        _cache['x'] = torch.zeros(3)\n    return _cache['x']\n\n\n"
        "def tick():\n    global steps\n    steps += 1\n    return steps\n"
    ),
    "pkg/use.py": (
        "from pkg import registry\nfrom pkg.registry import _cache, register\n\n\n"
        "@register('a')\ndef make(x):\n    return x * registry.tick()\n\n\n"
        "def clear():\n    _cache.clear()\n    registry.Config.table['k'] = 1\n"
    ),
    "pkg/net.py": (
        "import torch\n\nfrom pkg.registry import LIMITS\n\n\n"
        "class Net(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.last = None\n\n"
        "    def forward(self, x):\n        y = torch.exp(x)\n        self.last = y\n        y += LIMITS[0]\n    "
        "    return y\n\n"
        "    def reset(self):\n        self.last = None\n"
    ),
    "views.py": (
        "import numpy as np\n\n\ndef f(flag):\n    a = np.zeros(10)\n    b = a[:3]\n    c = a[3:]\n    d = a.copy()\n"
        "    e = [b, d]\n    b += 1\n    if flag:\n        return c\n    return e[0]\n"
    ),
}


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs a verb in a folder that holds the sample; its exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def graph(run):
    """The graph of a target, as its JSON."""

    def call(target: str) -> dict[str, Any]:
        code, out, err = run("graph", target, "--output-format", "json")
        assert (code, err) == (0, "")
        found: dict[str, Any] = json.loads(out)
        return found

    return call
