"""Rules of a user's own: the page that shows how, followed to the letter, and what goes wrong."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "own-rules.md"
_FILE = re.compile(r'```\w+ title="([^"]+)"\n(.*?)```', re.DOTALL)
_CONSOLE = re.compile(r"```console\n\$ statelint (.*?)\n(.*?)```", re.DOTALL)
SELECTED = {"statelint.toml": 'rules = ["rule.py"]\nselect = ["ACME"]\n'}
MODEL = """import torch

GAIN = {"a": 2.0}


class Net(torch.nn.Module):
    def forward(self, x):
        return x * GAIN["a"]
"""
RULE = '''"""# no-gain"""
from statelint.own import Program, Rule, StateRead, draft

RULE = Rule(code="ACME001", name="no-gain", family="acme", summary="No gain.")
BAD = ["import torch\\n"]


def check(program):
    for info, fact in program.facts(StateRead):
        if fact.state.text == "GAIN":
            yield draft(program, RULE.code, info, fact.at, "gain", "none")
'''


def statelint(folder: Path, *arguments: str, code: int) -> str:
    """The output of a run of the command in a folder; of its errors where it fails."""
    run = subprocess.run(
        [sys.executable, "-m", "statelint", *arguments], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == code, run.stdout + run.stderr
    return run.stdout if code < 2 else run.stderr


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def test_the_page_followed_to_the_letter(tmp_path: Path) -> None:
    text = PAGE.read_text("utf-8")
    files = dict(_FILE.findall(text))
    write(tmp_path, files)
    commands = _CONSOLE.findall(text)
    assert [command.split()[0] for command, _ in commands] == ["rule", "check"]
    for command, shown in commands:
        code = 1 if "Found" in shown else 0
        assert statelint(tmp_path, *command.split(), code=code) == shown
    (tmp_path / "statelint.toml").write_text('rules = ["lint/no_config_read.py", "lint/no_empty_cache.py"]\n')
    assert "4 of 4 cases passed" in statelint(tmp_path, "rule", "--test", code=0)


def test_an_own_rule_in_two_processes_as_json(tmp_path: Path) -> None:
    write(tmp_path, {**SELECTED, "rule.py": RULE, "a.py": MODEL, "b.py": MODEL})
    found = json.loads(statelint(tmp_path, "check", "-j2", "--output-format", "json", ".", code=1))
    assert [(each["path"], each["line"], each["code"], each["name"]) for each in found] == [
        ("a.py", 8, "ACME001", "no-gain"),
        ("b.py", 8, "ACME001", "no-gain"),
    ]


def test_a_suppression_by_the_own_code(tmp_path: Path) -> None:
    marked = MODEL.replace('GAIN["a"]', 'GAIN["a"]  # statelint: ignore[ACME001] -- swept')
    write(tmp_path, {**SELECTED, "rule.py": RULE, "a.py": marked})
    statelint(tmp_path, "check", "a.py", code=0)


def test_severity_of_an_own_rule(tmp_path: Path) -> None:
    write(tmp_path, {"statelint.toml": SELECTED["statelint.toml"] + 'severity = {ACME = "error"}\n', "rule.py": RULE})
    write(tmp_path, {"a.py": MODEL})
    (found,) = json.loads(statelint(tmp_path, "check", "--output-format", "json", "a.py", code=1))
    assert found["severity"] == "error"


def test_an_own_rule_in_sarif_names_no_address(tmp_path: Path) -> None:
    write(tmp_path, {**SELECTED, "rule.py": RULE, "a.py": MODEL})
    log = json.loads(statelint(tmp_path, "check", "--output-format", "sarif", "a.py", code=1))
    (rule,) = [each for each in log["runs"][0]["tool"]["driver"]["rules"] if each["id"] == "ACME001"]
    assert rule.get("helpUri", "none") == "none"


def test_the_page_of_an_own_rule(tmp_path: Path) -> None:
    write(tmp_path, {**SELECTED, "rule.py": RULE})
    assert statelint(tmp_path, "rule", "no-gain", code=0).startswith("# no-gain (ACME001)\n\nNo gain.\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raise ValueError(3)\n", "rule.py: cannot be loaded: ValueError: 3"),
        ("RULE = 1\n", "rule.py: defines no RULE = Rule("),
        (RULE.replace("ACME001", "SL999"), "bad code `SL999`"),
        (RULE.replace("def check", "def look"), "rule.py: defines no check(program)"),
        (RULE.replace("no-gain", "key-reuse"), "the rule SL602 key-reuse exists already"),
        (RULE + "\ndef observe(body):\n    return []\n", "defines observe(body), but no KIND"),
    ],
)
def test_a_file_that_is_no_rule(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, {**SELECTED, "rule.py": text, "a.py": MODEL})
    error = statelint(tmp_path, "check", "a.py", code=2)
    assert "statelint.toml: bad value of `rules`: rule.py" in error
    assert message in error


def test_a_wrong_case_that_expects_nothing(tmp_path: Path) -> None:
    write(tmp_path, {**SELECTED, "rule.py": RULE})
    assert "BAD case 1 has no comment `# expect: ACME001`" in statelint(tmp_path, "rule", "--test", code=2)


def test_a_case_that_fails_names_its_line(tmp_path: Path) -> None:
    write(tmp_path, {**SELECTED, "rule.py": RULE.replace("import torch\\n", "import torch  # expect: ACME001\\n")})
    output = statelint(tmp_path, "rule", "--test", code=1)
    assert output == "ACME001 BAD 1: FAILED; line 1: nothing reported\n0 of 1 cases passed\n"


def test_a_check_that_raises_is_a_failure_and_not_the_end(tmp_path: Path) -> None:
    write(tmp_path, {**SELECTED, "rule.py": RULE.replace('"GAIN"', "fact.nothing"), "a.py": MODEL})
    assert "AttributeError" in statelint(tmp_path, "check", "a.py", code=2)


def test_rules_of_an_installed_package(tmp_path: Path) -> None:
    write(tmp_path, {"site/acme_lint.py": RULE, "a.py": MODEL})
    info = {
        "METADATA": "Metadata-Version: 2.1\nName: acme\nVersion: 1\n",
        "entry_points.txt": "[statelint.rules]\ngain = acme_lint\n",
    }
    write(tmp_path, {f"site/acme-1.dist-info/{name}": text for name, text in info.items()})
    code = "import sys; sys.path.insert(0, 'site'); from statelint.cli.main import main; sys.exit(main(sys.argv[1:]))"
    for extra, expected in (((), 1), (("--isolated",), 0)):
        run = subprocess.run(
            [sys.executable, "-c", code, "check", *extra, "a.py"], cwd=tmp_path, capture_output=True, text=True
        )
        assert run.returncode == expected, run.stdout + run.stderr
