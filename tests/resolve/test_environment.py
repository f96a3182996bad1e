import sys

from statelint.resolve.environment import search_path


def make(prefix, version="3.12", **files):
    folder = prefix / "lib" / f"python{version}" / "site-packages"
    folder.mkdir(parents=True)
    (prefix / "bin").mkdir(exist_ok=True)
    (prefix / "bin" / "python").touch()
    return folder


def test_an_option_is_the_only_source(tmp_path):
    site = make(tmp_path / "env")
    for given in ("env", "env/bin/python", "env/lib/python3.12/site-packages", str(site)):
        assert search_path(given, str(tmp_path), {"VIRTUAL_ENV": "/other"}) == (site,)
    assert search_path("missing", str(tmp_path), {}) == ()
    (tmp_path / "vendored").mkdir()
    assert search_path("vendored", str(tmp_path), {}) == (tmp_path / "vendored",)


def test_windows_layout(tmp_path):
    site = tmp_path / "Lib" / "site-packages"
    site.mkdir(parents=True)
    assert search_path(str(tmp_path / "Scripts" / "python.exe")) == (site,)
    assert search_path(str(tmp_path / "python.exe")) == (site,)


def test_of_several_versions_one(tmp_path):
    old, new = make(tmp_path, "3.9"), make(tmp_path, "3.12")
    assert search_path(str(tmp_path)) == (new,)
    assert search_path(str(tmp_path / "bin" / "python3.9")) == (old,)


def test_the_active_environment_then_that_of_the_project_then_our_own(tmp_path):
    active, project = make(tmp_path / "active"), make(tmp_path / "project" / ".venv")
    root = str(tmp_path / "project")
    assert search_path("", root, {"VIRTUAL_ENV": str(tmp_path / "active")}) == (active,)
    assert search_path("", root, {"VIRTUAL_ENV": str(tmp_path / "gone")}) == (project,)
    assert search_path("", root, {"VIRTUAL_ENV": sys.prefix}) == (project,)
    assert search_path("", str(tmp_path), {"CONDA_PREFIX": str(tmp_path / "active")}) == (active,)
    own = search_path("", str(tmp_path), {})
    assert all(str(each) in sys.path or each.is_dir() for each in own)


def test_packages_of_the_base_interpreter_where_they_are_shown(tmp_path):
    site, base = make(tmp_path / "env"), make(tmp_path / "base")
    for shown, expected in (("true", (site, base)), ("false", (site,))):
        text = f"home = {tmp_path / 'base' / 'bin'}\ninclude-system-site-packages = {shown}\n"
        (tmp_path / "env" / "pyvenv.cfg").write_text(text)
        assert search_path(str(tmp_path / "env")) == expected


def test_path_files_of_editable_installs(tmp_path):
    site = make(tmp_path / "env")
    (tmp_path / "work" / "src").mkdir(parents=True)
    (site / "editable.pth").write_text(f"# comment\n\nimport os\n{tmp_path / 'work' / 'src'}\n/missing\n")
    assert search_path(str(tmp_path / "env")) == (site, tmp_path / "work" / "src")
