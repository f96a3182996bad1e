import json
from pathlib import Path

import pytest
from engine.stand_in import stand_in  # noqa: F401
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import statelint
from statelint import catalogue, config
from statelint.config import ConfigError, Configurations
from statelint.engine.selection import RuleChoice
from statelint.findings import Severity

pytestmark = pytest.mark.usefixtures("stand_in")


def write(root, **files):
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_toml", ".toml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_nearest_wins_and_a_pyproject_without_our_table_is_none(tmp_path):
    write(
        tmp_path,
        statelint_toml='select = ["SL2"]',
        a__pyproject_toml='[tool.statelint]\nselect = ["SL6"]',
        a__b__pyproject_toml="[project]\nname = 'statelint-user'",
    )
    (tmp_path / "a/b/c").mkdir(parents=True)
    found = Configurations(folder=str(tmp_path))
    assert found.of(str(tmp_path)).select == ("SL2",)
    for folder in ("a", "a/b", "a/b/c"):
        assert found.of(str(tmp_path / folder)).select == ("SL6",)
    assert found.of(str(tmp_path / "a/b/c")).root == str(tmp_path / "a")


def test_without_a_configuration_the_project_is_the_root(tmp_path):
    (tmp_path / "repo/.git").mkdir(parents=True)
    (tmp_path / "repo/pkg").mkdir()
    assert Configurations(folder="/").of(str(tmp_path / "repo/pkg")).root == str(tmp_path / "repo")


def test_extend_lays_over(tmp_path):
    write(
        tmp_path,
        base__base_toml='ignore=["SL601"]\nextend-exclude=["a"]\nmodels = ["m.toml"]\njobs=2\nseverity.SL2 = "info"',
        p__statelint_toml='extend = "../base/base.toml"\nextend-exclude = ["b"]\njobs = 3\n[severity]\nSL6 = "hint"',
    )
    found = Configurations().of(str(tmp_path / "p"))
    assert found.ignore == ("SL601",)
    assert found.extend_exclude == ("a", "b")
    assert found.jobs == 3
    assert found.models == (str(tmp_path / "base/m.toml"),)
    assert found.severity == {"SL2": Severity.INFO, "SL6": Severity.HINT}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("selct = []", ["unknown option `selct`", "statelint.toml", "`select`"]),
        ("require_reason = true", ["unknown option `require_reason`", "`require-reason`"]),
        ("line-length = 3", ["unknown option `line-length`"]),
        ('select = ["SL2O1"]', ["`select`", "`SL2O1`", "`SL201`"]),
        ('ignore = ["key-resue"]', ["`ignore`", "`key-reuse`"]),
        ("select = [3]", ["bad value of `select`", "3", "str"]),
        ('jobs = "two"', ["bad value of `jobs`", "two"]),
        ("jobs = -1", ["bad value of `jobs`", "-1"]),
        ('confidence = "likly"', ["`confidence`", "`likely`"]),
        ('output-format = "sarf"', ["`output-format`", "`sarif`"]),
        ('[severity]\nSL201 = "loud"', ["`severity`", "loud", "warning"]),
        ('[severity]\nSL999 = "error"', ["`severity.SL999`"]),
        ('[per-file-ignores]\n"tests/**" = ["SL9X"]', ['per-file-ignores."tests/**"', "SL9X"]),
        ('extend = "none.toml"', ["none.toml", "cannot be read"]),
        ('extend = "statelint.toml"', ["circle"]),
        ("select = [", ["statelint.toml", "no valid TOML"]),
    ],
)
def test_errors_name_key_file_and_nearest(tmp_path, text, words):
    write(tmp_path, statelint_toml=text)
    with pytest.raises(ConfigError) as caught:
        Configurations().of(str(tmp_path))
    for word in words:
        assert word in str(caught.value)


def test_a_table_that_is_no_table(tmp_path):
    write(tmp_path, pyproject_toml="[tool]\nstatelint = 3")
    with pytest.raises(ConfigError, match="must be a table"):
        Configurations().of(str(tmp_path))


def test_the_command_line_wins(tmp_path):
    write(tmp_path, statelint_toml='ignore = ["SL2"]\nextend-exclude = ["a"]\njobs = 2')
    found = Configurations({"select": ["SL201"], "extend-exclude": ["b"]}).of(str(tmp_path))
    assert (found.select, found.ignore, found.extend_exclude, found.jobs) == (("SL201",), (), ("a", "b"), 2)
    assert Configurations(isolated=True).of(str(tmp_path)).jobs == 0
    given = Configurations(file=str(tmp_path / "statelint.toml"), folder=str(tmp_path / "x"))
    assert given.of("/anywhere").jobs == 2


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        ({}, {"SL001", "SL002", "SL003", "SL004", "SL201", "SL202", "SL601", "SL602", "SL902"}),
        ({"select": ["SL2"]}, {"SL001", "SL002", "SL201", "SL202"}),
        ({"select": ["SL2"], "ignore": ["SL201"]}, {"SL001", "SL002", "SL202"}),
        ({"select": ["SL201"], "ignore": ["SL2"]}, {"SL001", "SL002", "SL201"}),
        ({"select": ["SL201"], "ignore": ["SL201", "SL001"]}, {"SL002"}),
        ({"select": ["key-reuse"], "ignore": ["SL0"]}, {"SL602"}),
        ({"ignore": ["ALL"], "select": [], "extend-select": ["SL9"]}, {"SL902"}),
    ],
)
def test_choice_of_rules(options, codes):
    chosen = RuleChoice(Configurations(options, isolated=True).of("/")).selected
    assert chosen == codes


def test_per_file_ignores_and_severity(tmp_path):
    table = {"tests/**": ["SL6"], "x.py": ["SL201"], "!src/**": ["SL902"]}
    options = {"per-file-ignores": table, "severity": {"SL2": "info", "SL201": "error", "key-reuse": "hint"}}
    choice = RuleChoice(Configurations(options, isolated=True, folder=str(tmp_path)).of(str(tmp_path)))
    assert set(choice.ignored_in(str(tmp_path / "tests/a/b.py"))) == {*catalogue.matching("SL6"), "SL902"}
    assert set(choice.ignored_in(str(tmp_path / "src/x.py"))) == {"SL201"}
    assert [choice.severity(code) for code in ("SL201", "SL202", "SL601", "SL602")] == ["error", "info", "info", "hint"]


def test_the_shipped_schema_is_the_generated_one():
    shipped = Path(statelint.__file__).parent / "config.schema.json"
    assert json.loads(shipped.read_text()) == config.json_schema()


def test_the_schema_accepts_and_refuses_what_the_reader_does():
    import jsonschema

    validator = jsonschema.Draft202012Validator(config.json_schema())
    assert validator.is_valid({"select": ["SL2"], "severity": {"SL2": "info"}, "jobs": 2, "confidence": "certain"})
    for bad in ({"selct": []}, {"jobs": -1}, {"confidence": "x"}, {"output-format": "y"}, {"select": "SL2"}):
        assert not validator.is_valid(bad)


def test_every_option_is_documented():
    for each in config.options():
        assert each.doc.endswith("."), each.name
        assert each.type
        assert each.default


toml_values = st.recursive(
    st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([each.name for each in config.options()]) | st.text(max_size=5), toml_values, max_size=3
    )
)
def test_any_table_is_settings_or_an_error(table):
    table.pop("extend", None)
    assert "the command line: " in refusal(lambda: Configurations(table, isolated=True), "the command line: ")


def refusal(make, otherwise):
    try:
        make()
    except ConfigError as error:
        return str(error)
    return otherwise


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_are_settings_or_an_error(tmp_path, data):
    (tmp_path / "statelint.toml").write_bytes(data)
    assert "statelint.toml" in refusal(lambda: Configurations().of(str(tmp_path)), "statelint.toml")
