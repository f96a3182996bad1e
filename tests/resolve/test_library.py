import json
import subprocess
import sys

import pytest

from statelint.config import Configurations
from statelint.models import load_models
from statelint.resolve.library import LibraryAncestors

NETS = """\
from torch import nn
from torch.nn import Module as Reexported


class BaseNet(nn.Module):
    def __init__(self, width=3):
        super().__init__()


class Wide(nn.Conv2d): ...
class Plain: ...
"""
USER = """\
import time

import torch
from some_lib import BaseNet


class Net(BaseNet):
    def forward(self, x):
        return x * time.time()


class Other(BaseNet):
    def helper(self, x):
        return x * time.time()
"""


@pytest.fixture
def ask(write, site, tmp_path):
    def make(files, python=str(site)):
        write(files)
        settings = Configurations({"python": python}, isolated=True).of(str(tmp_path))
        return LibraryAncestors(load_models(), settings)

    return make


def test_ancestors_in_the_words_of_the_models(ask):
    of = ask({"some_lib/__init__.py": "from .nets import *\n", "some_lib/nets.py": NETS})
    assert of("some_lib.BaseNet") == ("some_lib.nets.BaseNet", "torch.nn.Module")
    assert of("some_lib.Wide")[:2] == ("some_lib.nets.Wide", "torch.nn.Conv2d")
    assert "torch.nn.Module" in of("some_lib.Wide")
    assert of("some_lib.Reexported") == ("torch.nn.Module",)
    assert of("some_lib.Plain") == ("some_lib.nets.Plain",)


def test_what_is_known_is_not_asked(ask, monkeypatch):
    of = ask({})
    monkeypatch.setattr("statelint.resolve.environment.search_path", lambda *_: pytest.fail("asked"))
    for name in ("dict", "abc.ABC", "torch.nn.Module", "torch.nn.modules.conv.Conv2d", "flax.linen.Module"):
        assert of(name) == ()


def test_no_package_no_ancestors(ask):
    assert ask({})("some_lib.BaseNet") == ()
    assert ask({}, "missing")("some_lib.BaseNet") == ()


def lint(project, *arguments):
    command = [sys.executable, "-m", "statelint", "check", "--isolated", "--exit-zero", "--output-format", "json"]
    done = subprocess.run([*command, *arguments, "."], cwd=project, capture_output=True, text=True, check=True)
    return [(each["code"], each["path"], each["line"]) for each in json.loads(done.stdout)]


def test_a_layer_of_an_installed_package_is_a_layer(write, site, tmp_path):
    write({"some_lib/__init__.py": "from .nets import *\n", "some_lib/nets.py": NETS})
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").touch()
    for name in ("one", "two", "three"):
        (project / f"{name}.py").write_text(USER)
    found = lint(project, "--config", f"python={tmp_path / 'env'}", "-j", "1")
    assert [(code, line) for code, _, line in found] == [("SL802", 9)] * 3
    assert lint(project, "--config", f"python={tmp_path / 'env'}", "-j", "2") == found
    assert lint(project, "--config", f"python={tmp_path / 'missing'}") == []
    (project / ".venv").symlink_to(tmp_path / "env")
    assert lint(project) == found
