import pytest

from statelint.config import Configurations
from statelint.engine import Project
from statelint.source import SourceFile

TREE = {
    "pyproject.toml": "",
    "pkg/__init__.py": "from pkg import a\n",
    "pkg/a.py": "import helper\n",
    "pkg/b.py": "def f(:\n",
    "src/lib/__init__.py": "",
    "examples/one/train.py": "import utils\n",
    "examples/one/utils.py": "ONE = 1\n",
    "examples/two/train.py": "import utils\n",
    "examples/two/utils.py": "TWO = 2\n",
    "libs/other/pyproject.toml": "",
    "libs/other/otherpkg/__init__.py": "",
    "libs/third/pyproject.toml": "",
    "libs/third/src/thirdpkg/__init__.py": "",
    "space/deep/mod.py": "",
    "node_modules/evil/pyproject.toml": "",
    "node_modules/evil/evilpkg.py": "",
}


@pytest.fixture
def project(tmp_path):
    for name, text in TREE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    def make(*names):
        files = [SourceFile(name, str(tmp_path / name)) for name in names]
        return Project(files, Configurations(folder=str(tmp_path)).of(str(tmp_path)))

    return make


def test_reported_are_the_given_files_and_known_is_the_project(project):
    made = project("pkg/a.py")
    assert list(made.modules) == ["pkg.a"]
    for name in ("pkg", "lib", "otherpkg", "thirdpkg", "space.deep.mod", "examples.one.utils"):
        assert made.module_ir(name).name == name
        assert not made.source(name).reported
    for name in ("torch", "os", "evilpkg", "pkg.none", "helper", "pkg.a.f"):
        assert made.module_ir(name) is None
    assert list(made.modules) == ["pkg.a"]


def test_a_script_imports_what_lies_beside_it(project):
    made = project("examples/one/train.py", "examples/two/train.py")
    assert made.resolve("utils", "examples.one.train") == "examples.one.utils"
    assert made.resolve("utils", "examples.two.train") == "examples.two.utils"
    assert made.resolve("utils", "pkg.a") is None


def test_a_module_is_lowered_once_and_its_problem_kept(project):
    made = project("pkg/a.py", "pkg/b.py")
    assert made.module_ir("pkg.a") is made.module_ir("pkg.a")
    assert made.module_ir("pkg.b") is None
    assert [each.code for each in made.problems["pkg.b"]] == ["SL002"]


def test_names_are_unique(project, tmp_path):
    (tmp_path / "pkg/a.pyi").write_text("")
    made = project("pkg/a.pyi", "pkg/a.py")
    assert made.modules["pkg.a"].path == "pkg/a.py"
    assert made.modules["pkg.a@pkg/a.pyi"].path == "pkg/a.pyi"


def test_installed_packages_beside_are_not_the_users(tmp_path):
    root = tmp_path / "site-packages"
    for name in ("mine/__init__.py", "mine/sub.py", "torch/__init__.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    settings = Configurations(folder=str(tmp_path)).of(str(root / "mine"))
    made = Project([SourceFile("m", str(root / "mine/__init__.py"))], settings)
    assert made.resolve("mine.sub") == "mine.sub"
    assert made.resolve("torch") is None
