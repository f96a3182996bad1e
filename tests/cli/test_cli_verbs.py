import json

import pytest

from statelint.cli.main import main, verbs


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        code = main(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_help_lists_the_verbs(run):
    code, out, _ = run("--help")
    assert code == 0
    for verb in verbs():
        assert f"\n  {verb} " in out
        assert run(verb, "--help")[0] == 0


def test_versions(run):
    from statelint import __version__

    assert run("--version") == run("version") == (0, f"statelint {__version__}\n", "")
    assert json.loads(run("version", "--output-format", "json")[1])["version"] == __version__


def test_rules(run, stand_in):
    code, out, _ = run("rule", "--all", "--output-format", "json")
    rules = json.loads(out)
    assert code == 0
    assert [each["code"] for each in rules] == sorted(each["code"] for each in rules)
    assert set(rules[0]) == {"code", "name", "family", "summary", "frameworks", "fix", "since"}
    assert run("rule", "key-reuse")[1] == run("rule", "sl602")[1]
    assert run("rule", "SL602")[1].startswith("# key-reuse (SL602)\n\nSummary of key-reuse.\n")
    assert json.loads(run("rule", "SL602", "--output-format", "json")[1])["page"].startswith("# key-reuse")
    assert "SL602  [~] key-reuse" in run("rule", "--all")[1]
    assert run("rule", "SL6O2")[::2] == (2, "statelint: no rule is called `SL6O2`; did you mean `SL602`?\n")
    assert run("rule")[0] == 2
    assert run("rule", "SL602", "--all")[0] == 2


def test_a_bad_page_is_an_error_that_names_it(run, stand_in):
    from engine.stand_in import clear_catalogue

    from statelint import catalogue

    page = catalogue.rules_folder() / "catalogue" / "SL602-key-reuse.md"
    for text, words in (("no front matter", "no front matter"), ("+++\ncode = 3\n+++\n", "Expected `str`")):
        page.write_text(text)
        clear_catalogue()
        code, _, err = run("rule", "SL602")
        assert code == 2
        assert "SL602-key-reuse.md" in err
        assert words in err


def test_config(run):
    code, out, _ = run("config", "require-reason")
    assert code == 0
    assert out.startswith("require-reason\n    Count only")
    assert "Default: false" in out
    assert run("config", "require_reason")[1] == out
    assert len(json.loads(run("config", "--output-format", "json")[1])) > 20
    assert "properties" in json.loads(run("config", "--output-format", "schema")[1])
    assert run("config", "selekt")[::2] == (2, "statelint: no option is called `selekt`; did you mean `select`?\n")


def test_clean(run, tmp_path):
    assert run("clean")[0] == 0
    (tmp_path / ".statelint_cache/x").mkdir(parents=True)
    assert run("clean")[0] == 0
    assert not (tmp_path / ".statelint_cache").exists()
    (tmp_path / "precious").mkdir()
    assert run("clean", "--cache-dir", "precious")[0] == 2
    assert (tmp_path / "precious").is_dir()
