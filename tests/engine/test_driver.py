import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from statelint.config import Configurations
from statelint.engine import Engine
from statelint.findings import Confidence

pytestmark = pytest.mark.usefixtures("stand_in")


def lint(root, jobs=1, only=None, **options):
    overrides = {key.replace("_", "-"): value for key, value in options.items()}
    engine = Engine(Configurations(overrides, folder=str(root)), jobs)
    files = {str(path): None for path in only or sorted(root.rglob("*.*")) if Path(path).suffix in (".py", ".ipynb")}
    return engine.run(files)


def write(root, **files):
    for name, text in files.items():
        path = root / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def codes(outcome):
    return [(os.path.basename(each.path), each.line, each.code) for each in outcome.findings]


def test_a_draft_becomes_a_finding(tmp_path):
    write(tmp_path, a="CAUSE\ns = 'ü'; BAD = 1\n")
    (finding,) = lint(tmp_path).findings
    assert (finding.line, finding.column, finding.end_line, finding.end_column) == (2, 10, 2, 13)
    assert (finding.name, finding.severity, finding.confidence) == ("saved-value-mutated", "warning", "certain")
    assert finding.url.endswith("/rules/catalogue/SL201-saved-value-mutated.md")
    assert [(each.line, each.column, each.message) for each in finding.related] == [(1, 1, "the cause")]
    assert len(finding.fingerprint) == 32


def test_related_places_in_other_files(tmp_path):
    write(tmp_path, a="import helper\nBAD\n", helper="x = 1\n")
    outcome = lint(tmp_path, only=[tmp_path / "a.py"])
    assert [os.path.basename(each.path) for each in outcome.findings[0].related] == ["helper.py"]


def test_related_places_do_not_depend_on_the_process(tmp_path):
    write(tmp_path, a="import helper\nBAD\n", b="x = 1\n", helper="ü = 1\n")
    only = [tmp_path / "a.py", tmp_path / "b.py"]
    assert lint(tmp_path, 2, only=only).findings == lint(tmp_path, 1, only=only).findings


def test_names_that_are_no_text(tmp_path):
    import os

    for name in (b"\xff.py", b"\xfe.py"):
        (tmp_path / os.fsdecode(name)).write_text("BAD\n")
    for jobs in (1, 2):
        assert ["\\udcf" in each.path for each in lint(tmp_path, jobs).findings] == [True, True]


def test_confidence_and_selection(tmp_path):
    write(tmp_path, a="BAD\nMAYBE\n")
    assert codes(lint(tmp_path)) == [("a.py", 1, "SL201")]
    assert codes(lint(tmp_path, confidence="possible")) == [("a.py", 1, "SL201"), ("a.py", 2, "SL601")]
    assert codes(lint(tmp_path, confidence="possible", ignore=["SL2"])) == [("a.py", 2, "SL601")]
    assert codes(lint(tmp_path, per_file_ignores={"a.py": ["SL2"]})) == []


def test_bad_files_are_findings_and_the_rest_is_linted(tmp_path):
    deep = "x = " + "(" * 300 + "1" + ")" * 300 + "\n"
    write(tmp_path, a="BAD\n", b="def f(:\n", c=b"\xff", d="x = 1\0\n", e=deep, f="", g="if x:\n" + "(" * 300)
    blocks = "".join("    " * depth + "if x:\n" for depth in range(500))
    write(tmp_path, h=blocks, i="\ufeffBAD\n", j="# coding: latin-1\ns = '\xfc'; BAD".encode("latin-1"))
    outcome = lint(tmp_path)
    assert codes(outcome) == [
        ("a.py", 1, "SL201"),
        ("b.py", 1, "SL002"),
        ("c.py", 1, "SL001"),
        ("d.py", 1, "SL002"),
        ("e.py", 1, "SL002"),
        ("g.py", 2, "SL002"),
        ("h.py", 101, "SL002"),
        ("i.py", 1, "SL201"),
        ("j.py", 2, "SL201"),
    ]
    assert {each.severity for each in outcome.findings if each.code == "SL002"} == {"error"}
    assert outcome.findings[-1].column == 10


def test_a_bad_file_is_reported_whatever_is_selected(tmp_path):
    write(tmp_path, b="def f(:\n")
    assert codes(lint(tmp_path, select=["SL201"])) == [("b.py", 1, "SL002")]
    assert codes(lint(tmp_path, ignore=["SL002"])) == []


def test_an_error_of_ours_leaves_the_other_files(tmp_path):
    write(tmp_path, a="BAD\n", b="CRASH\n", c="BAD\n")
    outcome = lint(tmp_path)
    assert codes(outcome) == [("a.py", 1, "SL201"), ("c.py", 1, "SL201")]
    assert [(os.path.basename(each.path), each.error) for each in outcome.failures] == [
        ("b.py", "RuntimeError: the analysis broke")
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BAD  # statelint: ignore[SL201] -- why\n", []),
        ("BAD  # statelint: ignore[SL2]\n", []),
        ("BAD  # statelint: ignore[saved-value-mutated]\n", []),
        ("BAD  # statelint: ignore\n", []),
        ("BAD  # noqa: E501,SL201\n", []),
        ("BAD  # noqa\n", []),
        ("BAD  # noqa: E501\n", [(1, "SL201")]),
        ("f(\n  BAD,\n  2,\n)  # statelint: ignore[SL201]\n", []),
        ("f(  # statelint: ignore[SL201]\n  BAD,\n)\n", []),
        ('BAD = """\nx\n"""  # statelint: ignore[SL201]\n', []),
        ("# statelint: ignore-file[SL2] -- a demonstration\nx = 1\nBAD\n", []),
        ("BAD  # statelint: ignore[SL202]\n", [(1, "SL003"), (1, "SL201")]),
        ("BAD  # statelint: ignore[SL201, SL6]\n", [(1, "SL003")]),
        ("# statelint: ignore[SL201]\nBAD\n", [(1, "SL003"), (2, "SL201")]),
        ("x = 1  # statelint: ignore\n", [(1, "SL003")]),
        ("x = 1  # noqa: SL201\n", [(1, "SL003")]),
        ("x = 1  # noqa\n", []),
        ("# statelint: ignore-file[SL201]\nx = 1\n", [(1, "SL003")]),
        ("x = 1  # statelint: ignore[SL201, SL003]\n", []),
        ("x = 1  # statelint: ignore[SL299]\n", [(1, "SL004")]),
        ("BAD  # statelint: ignore[SL201, nonsense]\n", [(1, "SL004")]),
        ("x = 1  # statelint: ingore[SL201]\n", [(1, "SL004")]),
        ("x = 'BAD  # statelint: ignore[SL201]'\n", [(1, "SL201")]),
        ("MAYBE  # statelint: ignore[SL601]\n", []),
    ],
)
def test_suppressions(tmp_path, text, expected):
    write(tmp_path, a=text)
    assert sorted(each[1:] for each in codes(lint(tmp_path))) == sorted(expected)


def test_unselected_rules_are_not_unused(tmp_path):
    write(tmp_path, a="x = 1  # statelint: ignore[SL201]\n")
    assert codes(lint(tmp_path, select=["SL6", "SL003"])) == []
    assert codes(lint(tmp_path, select=["SL2", "SL003"])) == [("a.py", 1, "SL003")]


def test_a_reason_can_be_required(tmp_path):
    write(tmp_path, a="BAD  # statelint: ignore[SL201]\nBAD  # statelint: ignore[SL201] -- why\n")
    (finding,) = lint(tmp_path, require_reason=True).findings
    assert (finding.line, finding.code) == (1, "SL201")
    assert "-- why" in finding.help


def test_silenced_findings_keep_their_reason(tmp_path):
    write(tmp_path, a="BAD  # statelint: ignore[SL201] -- it is a test\n")
    assert [(each.finding.code, each.reason) for each in lint(tmp_path).silenced] == [("SL201", "it is a test")]


def test_fingerprints_survive_what_does_not_matter(tmp_path):
    def prints(text):
        write(tmp_path, a=text)
        return [each.fingerprint for each in lint(tmp_path, confidence=Confidence.CERTAIN).findings]

    before = prints("y = f(BAD, 1)\ny = f(BAD, 1)\nz = BAD\n")
    assert len(set(before)) == 3
    assert prints("import x\n\n\ny = f(BAD, 1)\nw = 2\ny = f(\n    BAD,  # a note\n    1,\n)\nz = BAD\n") == before
    assert prints("y = f(BAD, 1)\nz = BAD\n") == [before[0], before[2]]
    assert prints("y = f(BAD, 2)\n") != before[:1]


def test_notebooks(tmp_path):
    cells = [{"cell_type": "markdown", "source": ["x"]}, {"cell_type": "code", "source": ["%cd x\n", "y = BAD"]}]
    (tmp_path / "n.ipynb").write_bytes(msgspec.json.encode({"cells": cells, "metadata": {}}))
    outcome = lint(tmp_path)
    (row,) = outcome.reported
    assert row.file.locate(row.finding.line) == (2, 2)


def test_a_broken_cell_leaves_the_others(tmp_path):
    cells = [{"cell_type": "code", "source": each} for each in ("y = BAD", "ü = f(:", "x  # statelint: ignore[SL2]")]
    (tmp_path / "n.ipynb").write_bytes(msgspec.json.encode({"cells": cells, "metadata": {}}))
    outcome = lint(tmp_path)
    assert [(each.line, each.column, each.code) for each in outcome.findings] == [
        (1, 5, "SL201"),
        (2, 7, "SL002"),
        (3, 4, "SL003"),
    ]


def test_nested_configurations_hold_per_file(tmp_path):
    write(tmp_path, a="BAD\n", sub__b="BAD\n")
    (tmp_path / "statelint.toml").write_text("")
    (tmp_path / "sub/statelint.toml").write_text('ignore = ["SL201"]\n')
    assert codes(lint(tmp_path)) == [("a.py", 1, "SL201")]


@pytest.mark.parametrize("jobs", [2, 3])
def test_the_number_of_processes_does_not_matter(tmp_path, jobs):
    for number in range(12):
        write(tmp_path, **{f"p{number % 3}__m{number}": f"import helper\nBAD\nMAYBE\n# {number}\n"})
    write(tmp_path, helper="x = 1\n", broken="def f(:\n", crash="CRASH\n", loud="x  # statelint: ignore[SL201]\n")
    one = lint(tmp_path, confidence="possible")
    several = lint(tmp_path, jobs, confidence="possible")
    assert several.findings == one.findings
    assert several.failures[0].path == one.failures[0].path
    assert len(one.findings) == 26


def test_the_hash_seed_does_not_matter(tmp_path):
    for number in range(4):
        write(tmp_path, **{f"m{number}": f"import helper\nx = {number}  # statelint: ignore[SL003, SL0044]\n"})
    write(tmp_path, helper="def f(:\n")
    script = (
        "import sys; sys.path.insert(0, sys.argv[2]); import pytest, engine.stand_in as s\n"
        "from statelint import effects, checks; effects.analyse, effects.link, checks.run = s.analyse, s.link, s.run\n"
        "effects.ModuleFacts = s.ModuleFacts\n"
        "from statelint.cli.main import main; sys.exit(main(['check', sys.argv[1], '--output-format', 'json']))"
    )
    outputs = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])}
        command = [sys.executable, "-c", script, str(tmp_path), str(Path(__file__).parents[1])]
        outputs.add(subprocess.run(command, capture_output=True, env=environment, check=False).stdout)
    assert len(outputs) == 1
    assert outputs.pop().count(b'"SL004"') == 4
