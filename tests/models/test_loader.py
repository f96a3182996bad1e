"""Reading models: lookup, the user's files over ours, mistakes, the cache."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from statelint.models import ModelError, Models, load_models
from statelint.models.loader import shipped_models


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATELINT_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_method_is_found_by_type_and_by_dotted_name() -> None:
    models = load_models()
    assert models.method("tensor", "exp") is models.method("tensor", "exp")
    assert models.method("tensor", "exp") == models.function("torch.Tensor.exp") == models.function("torch.exp")


def test_a_property_is_a_row_with_self_alone() -> None:
    model = load_models().method("tensor", "T")
    assert model is not None
    assert [param.name for param in model.params or ()] == ["self"]
    assert (model.result.mode, model.result.of) == ("view", "self")


def test_methods_and_attributes_come_from_bases() -> None:
    models = load_models()
    assert models.method("torch.nn.Parameter", "mul_") == models.method("tensor", "mul_")
    assert models.attribute("torch.nn.Parameter", "shape") == "tuple"
    assert models.is_subclass("torch.optim.Adam", "torch.optim.Optimizer")
    assert not models.is_subclass("torch.nn.Linear", "torch.optim.Optimizer")
    assert models.method("torch.nn.Conv2d", "parameters") == models.function("torch.nn.Module.parameters")


def test_a_class_is_found_where_it_is_defined_too() -> None:
    models = load_models()
    assert models.class_("torch.nn.modules.linear.Linear") == models.class_("torch.nn.Linear")
    assert models.is_subclass("torch.nn.modules.conv.Conv2d", "torch.nn.modules.module.Module")


def test_unknown_names_are_none() -> None:
    models = load_models()
    assert models.function("torch.no_such_thing") is None
    assert models.function("no_such_library.f") is None
    assert models.class_("torch.nn.NoSuchLayer") is None
    assert models.attribute("tensor", "no_such_thing") is None
    assert models.knows("torch")
    assert not models.knows("no_such_library")


def test_builtins_need_no_prefix() -> None:
    models = load_models()
    append = models.method("list", "append")
    assert append is not None
    assert append.mutates[0].contents
    assert models.function("print") == models.function("builtins.print")


def test_the_users_rows_go_over_ours(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '[functions]\n"torch.exp" = { params = "input", saves = "input" }\n'
        '"mylib.f" = { params = "x", result = "view x" }\n'
        '[classes]\n"mylib.Net" = { bases = "torch.nn.Module" }\n',
    )
    models = load_models([path])
    exp = models.function("torch.exp")
    assert exp is not None
    assert [save.what for save in exp.saves or ()] == ["input"]
    assert models.function("mylib.f") is not None
    assert models.method("mylib.Net", "parameters") is not None
    assert models.knows("mylib")
    assert models.function("torch.sin") == load_models().function("torch.sin")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('"f.g" = { param = "x" }', "unknown field `param`; did you mean `params`?"),
        ('"f.g" = { params = "x", result = "veiw x" }', "unknown result `veiw`; did you mean `view`?"),
        ('"f.g" = { params = "input", saves = "inptu" }', "`inptu` is not an argument of it; did you mean `input`?"),
        ('"f.g" = { params = "x", saves = "x iff x" }', "unknown word `iff`; did you mean `if`?"),
        ('"f.g" = { params = "x", draws = "troch" }', "unknown draws `troch`; did you mean `torch`?"),
        ('"f.g" = { params = "x", type = "tensr" }', "unknown type `tensr`; did you mean `tensor`?"),
        ('"f.g" = { params = "f", region = "scam f" }', "unknown region `scam`; did you mean `scan`?"),
        ('"f.g" = { params = "x", mutates = "x hiden" }', "unknown word `hiden`"),
        ('"f.g" = { params = "x", result = "view" }', "result `view` needs an argument name"),
        ('"f.g" = { params = "f", invokes = "f[x]" }', "`f[x]` is not of the form"),
        ('"f.g" = { params = "x", must_use = "yes" }', "`must_use` must be true or false"),
        ('"f.g" = "view x"', "must be a table of fields"),
    ],
)
def test_a_mistake_names_file_row_and_nearest_word(tmp_path: Path, row: str, message: str) -> None:
    path = write(tmp_path, f"[functions]\n{row}\n")
    with pytest.raises(ModelError) as caught:
        load_models([path])
    assert str(path) in str(caught.value)
    assert '"f.g"' in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[functions\n", "not valid TOML"),
        ("[function]\n", "unknown table [function]; did you mean `functions`?"),
        ('[classes]\n"a.B" = { knid = "layer" }\n', "unknown field `knid`; did you mean `kind`?"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ModelError) as caught:
        load_models([path])
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere\.toml: cannot be read"):
        load_models([tmp_path / "nowhere.toml"])


def everything(models: Models, root: str) -> list[object]:
    return [found for name in models.names(root) for found in (models.function(name), models.class_(name)) if found]


def test_what_comes_from_the_cache_is_what_was_read(own_cache: Path) -> None:
    first = everything(load_models(), "torch")
    assert list(own_cache.rglob("torch.msgpack"))
    assert everything(load_models(), "torch") == first
    assert len(first) > 1500


def test_a_broken_cache_is_a_slower_run(own_cache: Path) -> None:
    expected = load_models().function("torch.mul")
    for file in own_cache.rglob("*.msgpack"):
        data = file.read_bytes()
        file.write_bytes(data[: len(data) // 2])
    assert load_models().function("torch.mul") == expected
    for file in own_cache.rglob("*.msgpack"):
        file.write_bytes(b"")
    assert load_models().function("torch.mul") == expected


def test_an_unwritable_cache_is_a_slower_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    monkeypatch.setenv("STATELINT_CACHE_DIR", str(blocked / "below"))
    assert load_models().function("torch.mul") is not None


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path, '[functions]\n"mylib.f" = { params = "x", result = "view x" }\n')
    load_models([path]).function("mylib.f")
    path.write_text('[functions]\n"mylib.f" = { params = "x", result = "same x" }\n')
    os.utime(path, ns=(1, 1))
    model = load_models([path]).function("mylib.f")
    assert model is not None
    assert model.result.mode == "same"


def test_the_cache_does_not_pile_up(tmp_path: Path, own_cache: Path) -> None:
    for index in range(20):
        path = write(tmp_path, f'[functions]\n"mylib.f{index}" = {{ params = "x" }}\n')
        os.utime(path, ns=(index, index))
        load_models([path]).function("mylib.f")
    assert len(list((own_cache / "models").iterdir())) <= 12


def test_ours_are_beside_the_package_or_inside_it() -> None:
    assert (shipped_models() / "torch").is_dir()
