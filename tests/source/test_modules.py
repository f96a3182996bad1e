import pytest

from statelint.source.modules import find_module, name_module

TREE = [
    "pkg/__init__.py",
    "pkg/sub/__init__.py",
    "pkg/sub/m.py",
    "src/lib/__init__.py",
    "src/lib/a.pyi",
    "scripts/run.py",
]
TREE += ["tools/x/y.py", "top.py", "space/inner/n.py", "nb/b.ipynb", "libs/one/onepkg/__init__.py"]


@pytest.mark.parametrize(
    ("path", "name", "is_package"),
    [
        ("pkg/__init__.py", "pkg", True),
        ("pkg/sub/m.py", "pkg.sub.m", False),
        ("src/lib/a.pyi", "lib.a", False),
        ("src/lib/__init__.py", "lib", True),
        ("scripts/run.py", "scripts.run", False),
        ("tools/x/y.py", "tools.x.y", False),
        ("top.py", "top", False),
        ("nb/b.ipynb", "nb.b", False),
        ("libs/one/onepkg/__init__.py", "onepkg", True),
    ],
)
def test_names(tmp_path, path, name, is_package):
    for each in TREE:
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each).touch()
    sources = [str(tmp_path), str(tmp_path / "src")]
    found = name_module(str(tmp_path / path), sources)
    assert (found.name, found.is_package) == (name, is_package)
    if not path.endswith(".ipynb"):
        assert find_module(name, found.root) == str(tmp_path / path)


def test_a_file_outside_of_all_sources_is_a_script(tmp_path):
    (tmp_path / "x.py").touch()
    assert name_module(str(tmp_path / "x.py"), ["/elsewhere"]).name == "x"
