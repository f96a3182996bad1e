import io
import json
import sys

import pytest

from statelint.cli.main import main

pytestmark = pytest.mark.usefixtures("stand_in")


@pytest.fixture
def run(tmp_path, monkeypatch, capfdbinary):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STATELINT_OUTPUT_FORMAT", raising=False)

    def call(*arguments, stdin=None):
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main(["check", *arguments])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return call


def found(text):
    return [(each["path"], each["line"], each["code"]) for each in json.loads(text)]


def write(root, **files):
    for name, text in files.items():
        path = root / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)


def test_exit_codes(run, tmp_path):
    write(tmp_path, a="x = 1\n", b="BAD\n", c="CRASH\n")
    assert run("a.py", "--output-format", "json") == (0, "[]\n", "")
    code, out, _ = run("b.py", "--output-format", "json")
    assert (code, found(out)) == (1, [("b.py", 1, "SL201")])
    assert run("b.py", "--exit-zero")[0] == 0
    code, out, err = run("b.py", "c.py", "--output-format", "json")
    assert (code, found(out)) == (2, [("b.py", 1, "SL201")])
    assert "internal error while analysing c.py: RuntimeError: the analysis broke" in err
    assert "report it" in err
    assert run("--nonsense")[0] == 2
    assert run("--select", "SL2O1")[::2] == (
        2,
        "statelint: the command line: bad value of `select`: no rule is called `SL2O1`; did you mean `SL201`?\n",
    )
    code, out, err = run("none.py")
    assert (code, out) == (2, "")
    assert err == "statelint: no such file or folder: none.py\n"
    assert run("none.py", "b.py", "-q", "--output-format", "json")[0] == 2


def test_the_default_path_is_here(run, tmp_path):
    write(tmp_path, a="BAD\n", sub__b="BAD\n")
    assert [each[0] for each in found(run("--output-format", "json")[1])] == ["a.py", "sub/b.py"]


def test_nothing_to_lint(run):
    code, _, err = run()
    assert code == 0
    assert err == "No Python files found under ..\n"


def test_formats(run, tmp_path, monkeypatch):
    from statelint.report import formats

    write(tmp_path, a="CAUSE\nBAD\n", b="def f(:\n", c="x  # statelint: ignore[SL201]\n", d=b"\xff")
    for name in formats():
        code, out, err = run("--output-format", name)
        assert (code, err) == (1, ""), name
        assert "SL201" in out
    monkeypatch.setenv("STATELINT_OUTPUT_FORMAT", "json-lines")
    assert len(run()[1].splitlines()) == 4
    assert run("--output-format", "json", "-o", "out.json") == (1, "", "")
    assert len(found((tmp_path / "out.json").read_text())) == 4


def test_statistics(run, tmp_path):
    write(tmp_path, a="BAD\nBAD\nx  # statelint: ignore[SL201]\n")
    assert run("--statistics")[1] == "2  SL201  [ ] saved-value-mutated\n1  SL003  [*] unused-suppression\n"
    (first, _) = json.loads(run("--statistics", "--output-format", "json")[1])
    assert first == {"code": "SL201", "name": "saved-value-mutated", "count": 2, "fixable": False}


def test_show_files_and_settings(run, tmp_path):
    write(tmp_path, a="BAD\n", b__c="x\n")
    assert run("--show-files")[:2] == (0, "a.py\nb/c.py\n")
    (tmp_path / "statelint.toml").write_text("jobs = 3\n")
    code, out, _ = run("--show-settings", "--confidence", "possible")
    assert code == 0
    assert "jobs = 3\n" in out
    assert 'confidence = "possible"\n' in out
    assert str(tmp_path / "statelint.toml") in out


def test_configuration_from_the_command_line(run, tmp_path):
    write(tmp_path, a="BAD\nMAYBE\n")
    (tmp_path / "other.toml").write_text('ignore = ["SL2"]\nconfidence = "possible"\n')
    json_format = ("--output-format", "json")
    assert found(run("--config", "other.toml", *json_format)[1]) == [("a.py", 2, "SL601")]
    assert len(found(run("--config", "confidence=possible", *json_format)[1])) == 2
    assert len(found(run("--config", 'confidence = "possible"', "--ignore", "SL2,SL9", *json_format)[1])) == 1
    assert found(run("--per-file-ignores", "a.py:SL2,b.py:SL6", *json_format)[1]) == []
    severity = json.loads(run("--severity", "SL2=error", *json_format)[1])[0]["severity"]
    assert severity == "error"
    assert "exclude each other" in run("--config", "other.toml", "--isolated")[2]
    (tmp_path / "statelint.toml").write_text('ignore = ["SL2"]\n')
    assert found(run(*json_format)[1]) == []
    assert len(found(run("--isolated", *json_format)[1])) == 1
    assert run("--config", "selct=[]")[0] == 2


def test_entries_that_match_nothing_are_findings(run, tmp_path):
    write(tmp_path, a="BAD\n", sub__b="x\n")
    text = '[tool.statelint.per-file-ignores]\n"a.py" = ["SL201"]\n"gone/**" = ["SL201"]\n"!sub/**" = ["SL6"]\n'
    (tmp_path / "pyproject.toml").write_text(text)
    code, out, _ = run("--output-format", "json")
    assert (code, found(out)) == (1, [("pyproject.toml", 3, "SL003")])
    assert "`gone/**`" in out
    assert run("a.py", "--output-format", "json")[1] == "[]\n"
    assert run("sub", "--output-format", "json")[1] == "[]\n"
    assert "gone/**" in run()[1]
    assert run("--add-ignore", "--fix")[0] == 0
    assert (tmp_path / "pyproject.toml").read_text() == text
    assert run("--ignore", "SL003")[0] == 0


def test_fix(run, tmp_path):
    write(tmp_path, a="BAD\r\nx = 1  # keep  # statelint: ignore[SL201]\r\n", b="y  # noqa: SL601\n", c="z\n")
    before = (tmp_path / "c.py").stat().st_mtime_ns
    code, out, err = run("--fix", "--show-fixes", "--output-format", "json")
    assert (code, found(out)) == (1, [("a.py", 1, "SL201")])
    assert (tmp_path / "a.py").read_bytes() == b"BAD\r\nx = 1  # keep\r\n"
    assert (tmp_path / "b.py").read_bytes() == b"y\n"
    assert (tmp_path / "c.py").stat().st_mtime_ns == before
    assert err.startswith("Fixed 2 findings:\n- a.py:\n    1 × SL003 (unused-suppression)\n- b.py:")
    assert run("--fix", "b.py")[0] == 0


def test_fix_exit_codes(run, tmp_path):
    for extra, code in (((), 0), (("--exit-non-zero-on-fix",), 1), (("--fix-only",), 0)):
        write(tmp_path, a="x  # noqa: SL601\n")
        assert run("--fix", *extra)[0] == code
    write(tmp_path, a="BAD\nx  # noqa: SL601\n")
    assert run("--fix-only")[:2] == (0, "")
    assert (tmp_path / "a.py").read_text() == "BAD\nx\n"


def test_diff_changes_nothing(run, tmp_path):
    text = "x  # noqa: SL601"
    write(tmp_path, a=text)
    code, out, err = run("--diff")
    assert code == 1
    assert out == (
        "--- a.py\n+++ a.py\n@@ -1 +1 @@\n-x  # noqa: SL601\n\\ No newline at end of file\n"
        "+x\n\\ No newline at end of file\n"
    )
    assert err == "1 fix would be applied.\n"
    assert (tmp_path / "a.py").read_text() == text
    assert run("--diff", "--fix", "--exit-zero")[0] == 0


def test_a_diff_can_be_applied(run, tmp_path):
    import subprocess

    write(
        tmp_path,
        a="a = 'ü\x0c'\r\nx  # noqa: SL601\r\nBAD  # statelint: ignore[SL201, SL6]\n" + "y\n" * 9 + "z # noqa: SL201",
    )
    diff = run("--diff")[1]
    applied = subprocess.run(["git", "apply", "-p0", "-"], cwd=tmp_path, input=diff.encode(), check=False)
    by_diff = (tmp_path / "a.py").read_bytes()
    assert applied.returncode == 0
    assert by_diff == b"a = '\xc3\xbc\x0c'\r\nx\r\nBAD  # statelint: ignore[SL201]\n" + b"y\n" * 9 + b"z"


def test_notebooks_are_fixed_to_the_byte(run, tmp_path):
    cell = {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "source": ["%cd x\n", "y = 'ü'  # noqa: SL201\n", "BAD"],
    }
    text = json.dumps(
        {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}, indent=1, ensure_ascii=False
    )
    (tmp_path / "n.ipynb").write_text(text)
    code, out, _ = run("--fix", "--output-format", "concise")
    assert code == 1
    assert out.startswith("n.ipynb:cell 1:3:1")
    assert (tmp_path / "n.ipynb").read_text() == text.replace("  # noqa: SL201", "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = f(\n    BAD,\n)  # a note\n", "x = f(\n    BAD,\n)  # a note  # statelint: ignore[SL201] -- later\n"),
        ('x = BAD, """\n"""\r\n', 'x = BAD, """\n"""  # statelint: ignore[SL201] -- later\r\n'),
        ("BAD; BAD", "BAD; BAD  # statelint: ignore[SL201] -- later"),
        ("BAD  # statelint: ignore[SL601]\n", "BAD  # statelint: ignore[SL601, SL201] -- later\n"),
        ("BAD + \\\n  1\n", "BAD + \\\n  1  # statelint: ignore[SL201] -- later\n"),
    ],
)
def test_add_ignore(run, tmp_path, before, after):
    write(tmp_path, a=before)
    assert run("--add-ignore=later")[0] == 0
    assert (tmp_path / "a.py").read_bytes().decode() == after
    code, out, _ = run("--output-format", "json", "--require-reason", "--ignore", "SL003")
    assert (code, out) == (0, "[]\n")


def test_add_ignore_without_a_reason_takes_no_path(run, tmp_path):
    write(tmp_path, a="BAD\n", b="BAD\n")
    assert run("--add-ignore", "a.py")[0] == 0
    assert (tmp_path / "a.py").read_text() == "BAD  # statelint: ignore[SL201]\n"
    assert (tmp_path / "b.py").read_text() == "BAD\n"


def test_standard_input(run, tmp_path):
    code, out, _ = run("-", "--stdin-filename", "pkg/a.py", "--output-format", "json", stdin=b"BAD\n")
    assert (code, found(out)) == (1, [("pkg/a.py", 1, "SL201")])
    code, out, err = run("-", "--fix", "--output-format", "concise", stdin=b"BAD\r\nx  # noqa: SL601\r\n")
    assert (code, out) == (1, "BAD\r\nx\r\n")
    assert "SL201" in err
    assert run("-", "--fix", stdin=b"x\n")[:2] == (0, "x\n")
    assert run("-", "--diff", "--stdin-filename", "a.py", stdin=b"x  # noqa: SL601\n")[1].startswith("--- a.py\n")
    excluded = ("-", "--stdin-filename", "build/a.py", "--force-exclude", "--fix")
    assert run(*excluded, stdin=b"BAD\r\n")[:2] == (0, "BAD\r\n")


def test_a_file_that_cannot_be_written_is_an_error(run, tmp_path, monkeypatch):
    import os

    write(tmp_path, a="x  # noqa: SL601\n")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(30, "Read-only file system")))
    code, _, err = run("--fix")
    assert code == 2
    assert "a.py: cannot be written: Read-only file system; left as it is" in err


def test_an_internal_error_says_what_to_do(run, monkeypatch):
    from statelint.cli import check

    def broken(_):
        raise KeyError("x")

    monkeypatch.setattr(check, "Run", broken)
    monkeypatch.delenv("STATELINT_DEBUG", raising=False)
    code, _, err = run()
    assert code == 2
    assert err.startswith("statelint: internal error: KeyError: 'x'\nThis is a bug in statelint")
    monkeypatch.setenv("STATELINT_DEBUG", "1")
    with pytest.raises(KeyError):
        run()


def test_an_interrupt_is_quiet(run, monkeypatch):
    from statelint.cli import check

    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "Run", interrupted)
    assert run() == (130, "", "")
