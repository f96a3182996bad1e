import subprocess
import sys

import pytest

from statelint.resolve import third_party

BASE = "class Base:\n    def __init__(self, width, *, depth=2): pass\n    @property\n    def size(self): pass\n"


def ancestry(packages, text, name="lib.A", **files):
    known = {f"{key.replace('__', '/')}.py": value for key, value in files.items()}
    return packages({"lib/__init__.py": text, **known}).ancestry(name)


def test_re_exports_are_followed_to_the_definition(packages):
    found = packages(
        {
            "lib/__init__.py": "from .api import *\nfrom . import layers as nn\nfrom .nets._impl import Net as Own\n",
            "lib/api.py": "from lib.layers import Dense\n__all__ = ['Dense']\n",
            "lib/layers.py": f"{BASE}class Dense(Base): pass\nLinear = Dense\n",
            "lib/nets/__init__.py": "",
            "lib/nets/_impl.py": "import lib.layers\nclass Net(lib.layers.Dense): pass\n",
        }
    )
    assert found.canonical("lib.Dense") == "lib.layers.Dense"
    assert found.canonical("lib.nn.Linear") == "lib.layers.Dense"
    assert found.canonical("lib.Own") == "lib.nets._impl.Net"
    assert found.ancestry("lib.Own") == ("lib.layers.Dense", "lib.layers.Base")
    assert found.ancestry("lib.nets._impl.Net") == ("lib.layers.Dense", "lib.layers.Base")


def test_chains_over_packages_end_at_names_that_are_not_installed(packages):
    found = packages(
        {
            "one/__init__.py": "import two\nclass A(two.B): pass\n",
            "two/__init__.py": "from .b import B\n",
            "two/b.py": "import torch.nn as nn\nfrom abc import ABC\nclass B(nn.Module, ABC): pass\n",
        }
    )
    assert found.ancestry("one.A") == ("two.b.B", "torch.nn.Module", "abc.ABC")


def test_a_known_class_is_not_looked_into(packages):
    public = {"inner.deep.Module": "inner.Module", "inner.Module": "inner.Module"}
    found = packages(
        {
            "lib/__init__.py": "from inner.deep import Module\nclass A(Module): pass\n",
            "inner/__init__.py": "class Module(Exception): pass\n",
        },
        known=public.get,
    )
    assert found.ancestry("lib.A") == ("inner.Module",)
    assert found.canonical("lib.Module") == "inner.Module"


def test_the_order_is_that_of_python(packages):
    diamond = "class O: pass\nclass L(O): pass\nclass R(O): pass\nclass A(L, R): pass\n"
    assert ancestry(packages, diamond) == ("lib.L", "lib.R", "lib.O")
    refused = "class O: pass\nclass L(O): pass\nclass A(O, L): pass\n"
    assert ancestry(packages, refused) == ("lib.L", "lib.O")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("class A(B): pass\nclass B(A): pass\n", ("lib.B",)),
        ("class A(A): pass\n", ()),
        ("from lib import A\n", ()),
        ("A = B\nB = A\n", ()),
        ("from other import A as B\nclass A(B): pass\n", ("other.A",)),
        ("from other import A\nclass A(A): pass\n", ("other.A",)),
        ("import other\nclass A(other.A): pass\n", ("other.A",)),
        (
            "from typing import Generic, TypeVar\nclass B: pass\nclass A(B[int], Generic[T]): pass\n",
            ("lib.B", "typing.Generic"),
        ),
        ("import six\nclass B: pass\nclass A(six.with_metaclass(type, B)): pass\n", ("lib.B",)),
        ("class A(make()): pass\n", ()),
        ("class A(dict): pass\n", ("dict",)),
        ("class A(B): pass\nB = make()\n", ("lib.B",)),
        ("try:\n    from fast import A\nexcept ImportError:\n    class A(dict): pass\n", ("dict",)),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from other import A\nelse:\n    A = load()\n", ()),
        ("class B: pass\nif x:\n    class A(B): pass\nelse:\n    class A: pass\n", ("lib.B",)),
        ("class A: pass\nclass B: pass\nclass A(B): pass\n", ("lib.B",)),
        ("B = object if x else dict\nclass A(B): pass\n", ("lib.B",)),
        ("with x:\n    class B: pass\nclass A(B if x else object): pass\n", ("lib.B",)),
    ],
)
def test_bases(packages, text, expected):
    assert ancestry(packages, text, other="class A: pass\n") == expected


def test_import_cycles_of_modules(packages):
    found = packages(
        {
            "lib/__init__.py": "from .a import *\nfrom .b import *\n",
            "lib/a.py": "from lib import *\nfrom .b import Base\nclass A(Base): pass\n",
            "lib/b.py": "from lib.a import *\nclass Base: pass\n",
        }
    )
    assert found.ancestry("lib.A") == ("lib.b.Base",)
    assert found.canonical("lib.Missing") == "lib.Missing"


def test_a_submodule_and_a_class_of_one_name(packages):
    found = packages({"bar/__init__.py": "from .bar import bar\n", "bar/bar.py": "class bar(list): pass\n"})
    assert found.ancestry("bar.bar") == ("list",)
    assert found.canonical("bar.bar") == "bar.bar.bar"


def test_nested_classes(packages):
    text = "class O:\n    class B: pass\n    class A(B): pass\n"
    assert ancestry(packages, text, "lib.O.A") == ("lib.O.B",)


def test_namespace_packages_and_several_folders(tmp_path, packages):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, text in ((first, "class B: pass\n"), (second, "from ns.first import B\nclass A(B): pass\n")):
        (folder / "ns").mkdir(parents=True)
        (folder / "ns" / f"{folder.name}.py").write_text(text)
    assert third_party.ThirdParty([first, second]).ancestry("ns.second.A") == ("ns.first.B",)


def test_what_cannot_be_read_is_unknown(packages, site):
    found = packages(
        {
            "lib/__init__.py": "from ._c import Fast\nfrom .broken import Broken\nclass A(Broken, Fast): pass\n",
            "lib/broken.py": "class Broken(:\n",
            "lib/nul.py": "class A: pass\0\n",
            "lib/deep.py": f"x = {'(' * 5000}\n",
            "lib/coding.py": "# -*- coding: no-such -*-\nclass A: pass\n",
            "lib/large.py": "class A(dict): pass\n" + "#" * third_party.FILE_BYTES,
        }
    )
    (site / "lib" / "_c.cpython-311-x86_64-linux-gnu.so").write_bytes(b"\x7fELF")
    assert found.ancestry("lib.A") == ("lib.broken.Broken", "lib._c.Fast")
    for name in ("lib.Broken", "lib.Fast", "lib._c.Fast", "lib.nul.A", "lib.deep.A", "lib.coding.A", "lib.large.A"):
        assert found.ancestry(name) == ()
        assert found.signature(name) is None
    assert found.ancestry("none.A") == ()
    assert found.canonical("none.A") == "none.A"


def test_a_stub_speaks_for_an_extension_and_for_a_lazy_package(packages):
    found = packages(
        {
            "lib/__init__.py": "import lazy_loader\n__getattr__, *_ = lazy_loader.attach_stub(__name__, __file__)\n",
            "lib/__init__.pyi": "from ._c import Fast\nclass A(Fast): ...\n",
            "lib/_c.pyi": "class Fast(list): ...\n",
        }
    )
    assert found.ancestry("lib.A") == ("lib._c.Fast", "list")


def test_nothing_of_a_package_runs(packages, site, tmp_path):
    mark = tmp_path / "mark"
    run = f"open({str(mark)!r}, 'w')\n"
    (site / "run.pth").write_text(f"import os; {run}")
    found = packages(
        {"lib/__init__.py": f"{run}from .b import B\nclass A(B): pass\n", "lib/b.py": f"{run}class B: pass\n"}
    )
    assert found.ancestry("lib.A") == ("lib.b.B",)
    assert "lib" not in sys.modules
    assert not mark.exists()


def test_signatures(packages):
    found = packages(
        {
            "lib/__init__.py": (
                f"{BASE}class A(Base):\n    def forward(self, x, /, y=-1, *rest, z='s', w=[1], **more): pass\n"
                "    @staticmethod\n    def make(n=Base): pass\n"
                "def f(a, b=None): pass\nclass Unknown(missing.Thing): pass\n"
                "from dataclasses import dataclass\n"
                "@dataclass\nclass P:\n    a: int\n    b: int = 3\n@dataclass\nclass Q(P):\n    c: int = 4\n"
            )
        }
    )
    assert found.signature("lib.f") == ("a", "b=None")
    assert found.signature("lib.A") == ("self", "width", "*", "depth=2")
    assert found.signature("lib.A.forward") == ("self", "x", "/", "y=-1", "*rest", "z='s'", "w=...", "**more")
    assert found.signature("lib.A.make") == ("n=Base",)
    assert found.signature("lib.A.size") == ("self",)
    assert found.signature("lib.Q") == ("self", "a", "b=...", "c=...")
    assert found.signature("lib.Unknown") is None
    assert found.signature("lib.A.none") is None


def test_a_question_has_a_budget(packages, monkeypatch):
    chain = {f"lib/m{i}.py": f"from .m{i + 1} import A\n" for i in range(20)}
    chain["lib/m20.py"] = "class A(dict): pass\n"
    files = {"lib/__init__.py": "", **chain}
    assert packages(files).ancestry("lib.m0.A") == ("dict",)
    monkeypatch.setattr(third_party, "FILES", 10)
    for _ in range(2):  # whether the facts are kept or not
        found = packages({})
        assert found.ancestry("lib.m0.A") == ()
        assert found.ancestry("lib.m15.A") == ("dict",)


def test_an_endless_web_of_star_imports_ends(packages):
    count = 60
    web = "".join(f"from lib.m{i} import *\n" for i in range(count))
    found = packages({"lib/__init__.py": web, **{f"lib/m{i}.py": web for i in range(count)}})
    assert found.canonical("lib.Nowhere") == "lib.Nowhere"


def test_astroid_is_loaded_for_a_question_only(packages, site, tmp_path):
    packages({"lib/__init__.py": "class A(dict): pass\n"})
    program = (
        "import sys; from pathlib import Path; from statelint.resolve.third_party import ThirdParty\n"
        f"packages = ThirdParty([Path({str(site)!r})])\n"
        "assert packages.ancestry('none.A') == () and 'astroid' not in sys.modules\n"
        "assert packages.ancestry('lib.A') == ('dict',); print('astroid' in sys.modules)\n"
    )
    runs = [subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True) for _ in "ab"]
    assert [run.stdout.strip() for run in runs] == ["True", "False"]


@pytest.mark.parametrize(
    "name",
    ["torch.nn.Conv2d", "torch.nn.LSTM", "torch.nn.Sequential", "torch.optim.AdamW", "torch.distributions.Normal"],
)
def test_torch_agrees_with_itself(name):
    torch = pytest.importorskip("torch")
    from statelint.resolve.environment import search_path

    module, _, attribute = name.rpartition(".")
    real = getattr(sys.modules[module], attribute)
    found = third_party.ThirdParty(search_path())
    names = [f"{each.__module__}.{each.__qualname__}" for each in real.__mro__]
    assert found.canonical(name) == names[0]
    assert [each for each in found.ancestry(name) if each.startswith("torch.")] == [
        each for each in names[1:] if each.startswith("torch.")
    ]
    assert torch.__name__ == "torch"
