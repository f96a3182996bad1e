import os
import subprocess

import pytest

from statelint.config import Configurations
from statelint.source import Discovery


def make(root, *names, **contents):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")


def find(root, *paths, **overrides):
    configurations = Configurations(
        {key.replace("_", "-"): value for key, value in overrides.items()}, folder=str(root)
    )
    discovery = Discovery(configurations.of)
    found = discovery.find(paths or ["."], str(root))
    return [os.path.relpath(each.absolute, root) for each in found]


def test_folders_files_and_globs(tmp_path):
    make(
        tmp_path,
        "a.py",
        "b.pyi",
        "c.ipynb",
        "d.txt",
        "p/e.py",
        "p/q/f.py",
        ".venv/g.py",
        "node_modules/h.py",
        "build/i.py",
    )
    assert find(tmp_path) == ["a.py", "b.pyi", "c.ipynb", "p/e.py", "p/q/f.py"]
    assert find(tmp_path, "p", "a.py", "./p/../a.py") == ["a.py", "p/e.py", "p/q/f.py"]
    assert find(tmp_path, "**/f.py") == ["p/q/f.py"]
    assert find(tmp_path, "d.txt", "build/i.py", ".venv") == [".venv/g.py", "build/i.py", "d.txt"]
    assert find(tmp_path, "build", ".venv", "a.py", force_exclude=True) == ["a.py"]
    assert find(tmp_path, extend_exclude=["p/q", "a.*"]) == ["b.pyi", "c.ipynb", "p/e.py"]
    assert find(tmp_path, exclude=["*.py", "*.pyi"], include=["*.txt", "*.py"]) == ["d.txt"]


def test_missing(tmp_path):
    discovery = Discovery(Configurations(folder=str(tmp_path)).of)
    assert discovery.find(["no.py", "*.zz"], str(tmp_path)) == []
    assert discovery.missing == ["no.py", "*.zz"]


def test_links_and_odd_names(tmp_path):
    make(tmp_path, "real/a.py", "x.py/b.py")
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "real/back").symlink_to(tmp_path)
    (tmp_path / "folder.py").symlink_to("real")
    (tmp_path / "same.py").symlink_to("real/a.py")
    (tmp_path / ".#lock.py").symlink_to("nobody@nowhere")
    assert find(tmp_path) == ["loop.py", "real/a.py", "x.py/b.py"]
    assert find(tmp_path, "same.py") == ["same.py"]


GITIGNORES = {
    ".gitignore": "*.log.py\n/top.py\n!keep.log.py\ngen/\ndocs/**/auto.py\n\\#odd.py\n",
    "sub/.gitignore": "!special.log.py\nlocal.py\ngone\n!gone/back.py\n",
    "sub/deep/.gitignore": "*\n!.gitignore\n!yes.py\n",
}
FILES = [
    "a.log.py",
    "keep.log.py",
    "top.py",
    "sub/top.py",
    "gen/a.py",
    "sub/gen/a.py",
    "docs/x/y/auto.py",
    "docs/auto.py",
    "sub/docs/auto.py",
    "#odd.py",
    "sub/special.log.py",
    "sub/other.log.py",
    "sub/local.py",
    "local.py",
    "sub/gone/back.py",
    "sub/deep/no.py",
    "sub/deep/yes.py",
    "sub/deep/more/yes.py",
]


@pytest.fixture
def repository(tmp_path):
    make(tmp_path, *FILES)
    for name, text in GITIGNORES.items():
        (tmp_path / name).write_text(text)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".git/info/exclude").write_text("docs/auto.py\n")
    return tmp_path


def test_gitignore_means_what_git_means(repository):
    command = ["git", "-C", str(repository), "ls-files", "--others", "--exclude-standard", "-z", "*.py"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert find(repository) == sorted(listed.rstrip("\0").split("\0"))
    assert len(find(repository, respect_gitignore=False)) == len(FILES)


def test_parents_of_the_given_path_count(repository):
    assert find(repository, "sub") == [each for each in find(repository) if each.startswith("sub/")]
    assert find(repository, "sub/local.py", "gen/a.py") == ["gen/a.py", "sub/local.py"]
    assert find(repository, "sub/local.py", "gen/a.py", "sub/top.py", force_exclude=True) == ["sub/top.py"]


def test_an_ignored_folder_that_is_named_is_linted(repository):
    (repository / "gen/.gitignore").write_text("c.py\n")
    make(repository, "gen/b/c.py", "gen/b/d.py")
    assert find(repository, "gen") == ["gen/a.py", "gen/b/d.py"]
    assert find(repository, "gen", force_exclude=True) == []


def test_unreadable_folder_is_named(tmp_path, monkeypatch):
    make(tmp_path, "a.py", "shut/b.py")
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert find(tmp_path) == ["a.py", "shut"]
