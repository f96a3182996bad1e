"""Boundaries of a sample that has a member of each kind, checked against what the program does when it runs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec
import pytest

from explain.sample import MODEL
from statelint.explain import Boundary
from statelint.explain.records import CLASSES, CONSTANT, DIFFERENTIABLE, EXTERNAL, HIDDEN
from statelint.report.terminal.cells import text_width

GOLDEN = Path(__file__).with_name("golden")
LISTS = ("x", "s", "y", "s'", "draws", "externals", "saved")


def classes(found, part):
    return {each["name"]: each["class"] for each in found[part]}


def test_forward(boundary):
    found = boundary("Net.forward")
    assert found["formula"] == "(y, s') = F(x, s)"
    assert found["regions"] == ["a torch.nn.Module method"]
    assert classes(found, "x") == {"x": DIFFERENTIABLE, "flag": CONSTANT}
    assert classes(found, "s") == {
        "self.fc": DIFFERENTIABLE,
        "self.norm": DIFFERENTIABLE,
        "self.scale": DIFFERENTIABLE,
        "self.mean": CONSTANT,
        "self.meter": CONSTANT,
        "self.width": CONSTANT,
        "CACHE": HIDDEN,
        "self.meter.total": HIDDEN,
    }
    assert classes(found, "y") == {"y": DIFFERENTIABLE}
    assert classes(found, "s'") == {
        "self.norm.num_batches_tracked": CONSTANT,
        "self.norm.running_mean": CONSTANT,
        "self.norm.running_var": CONSTANT,
        "CACHE": HIDDEN,
        "self.last": HIDDEN,
        "self.meter.total": HIDDEN,
    }
    assert classes(found, "draws") == {"torch.randn": HIDDEN}
    assert classes(found, "externals") == {"time.time": EXTERNAL}
    assert {(each["name"], each["by"], each["what"]) for each in found["saved"]} >= {
        ("self.scale", "torch.mul", "operand"),
        ("torch.exp(self.fc(x))", "torch.exp", "result"),
        ("x", "torch.nn.Linear", "operand"),
    }


def test_places_are_those_of_the_source(boundary):
    lines = MODEL.splitlines()
    for name in ("Net.forward", "Net.__init__", "train", "outer.inner", "Net.clobber"):
        found = boundary(name)
        for part in LISTS:
            for each in found[part]:
                for place in each["places"]:
                    assert place["path"] == "model.py"
                    assert lines[place["line"] - 1][place["column"] - 1 :].strip()
    at = {each["name"]: lines[each["places"][0]["line"] - 1].strip() for each in boundary("Net.forward")["s'"]}
    assert at["self.last"] == "self.last = y"
    assert at["CACHE"] == 'CACHE["y"] = y'
    assert at["self.meter.total"] == "self.total += value"


def test_constructor_partitions_the_state(boundary):
    found = boundary("Net.__init__")
    assert found["formula"] == "s' = F(x)"
    assert classes(found, "s'") == {
        "self.fc": DIFFERENTIABLE,
        "self.norm": DIFFERENTIABLE,
        "self.scale": DIFFERENTIABLE,
        "self.mean": CONSTANT,
        "self.meter": CONSTANT,
        "self.width": CONSTANT,
        "self.last": HIDDEN,
    }


def test_the_sample_agrees_with_torch():
    torch = pytest.importorskip("torch")
    space: dict[str, object] = {}
    exec(MODEL, space)
    net = space["Net"](4)  # type: ignore[operator]
    parameters = {f"self.{name.partition('.')[0]}" for name, _ in net.named_parameters()}
    assert parameters == {"self.fc", "self.norm", "self.scale"}
    before = {name: value.clone() for name, value in net.named_buffers()}
    x = torch.randn(3, 4, requires_grad=True)
    net(x).sum().backward()
    changed = {f"self.{name}" for name, value in net.named_buffers() if not torch.equal(value, before[name])}
    assert changed == {"self.norm.num_batches_tracked", "self.norm.running_mean", "self.norm.running_var"}
    assert x.grad is not None
    assert net.meter.total == 1.0
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        net.clobber(x).sum().backward()


def test_overwritten_save(boundary):
    found = boundary("Net.clobber")
    (saved,) = found["saved"]
    assert (saved["name"], saved["what"], saved["needed_by"]) == ("y", "result", ["x"])
    assert [place["line"] for place in saved["overwritten"]] == [MODEL.splitlines().index("        y += 1") + 1]


def test_objects_made_inside_are_no_state(boundary):
    found = boundary("Net.local")
    assert (found["s"], found["s'"], found["formula"]) == ([], [], "y = F(x)")


def test_captured_variables(boundary):
    found = boundary("outer.inner")
    assert found["function"] == "outer.<locals>.inner"
    assert classes(found, "s")["n"] == classes(found, "s'")["n"] == HIDDEN
    assert boundary("outer")["s'"] == []


def test_callee_overwrites_an_argument(boundary):
    (member,) = boundary("train")["s'"]
    assert (member["name"], member["class"], member["via"]) == ("batch", HIDDEN, ["centre"])
    assert classes(boundary("train"), "x") == {"model": DIFFERENTIABLE, "batch": DIFFERENTIABLE}


def test_views_and_copies_in_the_result(boundary):
    first, second = boundary("pair")["y"]
    assert "shares storage with a" in first["why"]
    assert "shares" not in second["why"]


def test_no_result(boundary):
    assert boundary("fails")["formula"] == "() = F(x)"
    assert boundary("stream")["y"][0]["type"] == "iterator"


def test_json_is_the_record(boundary, run):
    found = boundary("Net.forward")
    again = msgspec.json.decode(msgspec.json.encode(found), type=Boundary)
    assert json.loads(msgspec.json.encode(again)) == found
    assert {each["class"] for part in LISTS for each in found[part]} <= set(CLASSES)
    code, out, _ = run("explain", "model.py", "--output-format", "json")
    assert code == 0
    assert [each["function"] for each in json.loads(out)][:3] == ["Meter.__init__", "Meter.update", "Net.__init__"]


@pytest.mark.parametrize("width", [48, 90, 140])
@pytest.mark.parametrize("name", ["Net.forward", "Net.clobber", "outer.inner"])
def test_text(run, monkeypatch, name, width):
    monkeypatch.setenv("COLUMNS", str(width))
    code, out, err = run("explain", f"model.py::{name}")
    assert (code, err) == (0, "")
    assert "\x1b" not in out
    assert max(text_width(line) for line in out.splitlines()) <= width
    path = GOLDEN / f"{name}-{width}.txt"
    if os.environ.get("STATELINT_UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(out, encoding="utf-8", newline="")
    assert out == path.read_text(encoding="utf-8")


def test_colour(run, monkeypatch):
    shown = run("explain", "model.py::Net.clobber", "--color", "always")[1]
    assert "\x1b[" in shown
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run("explain", "model.py::Net.clobber")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("explain", "model.py::Net.clobber")[1]


def test_one_line_for_each_function(run):
    code, out, _ = run("explain", "model.py")
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "model.py"
    forward = next(line for line in lines if "Net.forward" in line)
    assert forward.endswith("(y, s') = F(x, s) ▲ 6 hidden mutable ■ 1 external  differentiated")
    assert lines[-1] == "More about one: statelint explain model.py::Meter.__init__"


def test_facts(run):
    code, out, _ = run("explain", "model.py::centre", "--facts")
    assert code == 0
    assert out.splitlines()[0] == "function model.centre(batch)"
    assert any(line.startswith("write 63:4 batch by batch -= ...") for line in out.splitlines())
    assert "step " not in out
    assert "\nstep 63:4 " in run("explain", "model.py::centre", "--facts", "--steps")[1]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("model.py::Net.forwrd", "model.py has no function `Net.forwrd`; did you mean `Net.forward`?"),
        ("model.py::forward", "model.py has no function `forward`; did you mean `Net.forward`?"),
        ("model.py::Net", "model.py: `Net` is a class; name one of its methods: `Net.__init__`, `Net.forward`"),
        ("model.py::zzz", "model.py has no function `zzz`: `Meter.__init__`, `Meter.update`, `Net.__init__`"),
        ("modle.py::outer", "no such file: modle.py; did you mean `model.py`?"),
        ("lib/model.py", "no such file: lib/model.py"),
        (".", ". is a folder; give a file: ./FILE.py::FUNCTION"),
    ],
)
def test_what_is_not_there(run, target, message):
    code, out, err = run("explain", target)
    assert (code, out) == (2, "")
    assert err.startswith(f"statelint: {message}")


def test_other_spellings(boundary):
    plain = boundary("outer.<locals>.inner")
    assert boundary("outer.inner") == boundary("outer::inner") == plain


def test_files_that_are_no_programs(run, tmp_path):
    (tmp_path / "broken.py").write_text("def f(:\n")
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe\x00x = 1\n")
    code, _, err = run("explain", "broken.py::f")
    assert code == 2
    assert err.startswith("statelint: broken.py: ")
    assert "(line 1)" in err
    assert run("explain", "empty.py")[:2] == (0, "empty.py defines no functions.\n")
    assert run("explain", "empty.py::f")[2] == "statelint: empty.py has no function `f`: it defines none\n"
    assert run("explain", "bytes.py")[0] == 2


def test_notebook(run, tmp_path):
    cells = ["import torch\n", "def f(x):\n    return x + torch.randn(3)\n"]
    notebook = {
        "cells": [{"cell_type": "code", "source": each, "metadata": {}, "outputs": []} for each in cells],
        "metadata": {"language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (tmp_path / "lab.ipynb").write_text(json.dumps(notebook))
    code, out, _ = run("explain", "lab.ipynb::f")
    assert code == 0
    assert "lab.ipynb:cell 2:2" in out


def test_other_modules_are_known(run, tmp_path):
    (tmp_path / "store.py").write_text("steps = 0\n\ndef tick():\n    global steps\n    steps += 1\n    return steps\n")
    (tmp_path / "use.py").write_text("import store\n\ndef loss(x):\n    return x * store.tick()\n")
    code, out, _ = run("explain", "use.py::loss", "--output-format", "json")
    found = json.loads(out)
    assert code == 0
    assert classes(found, "s") == classes(found, "s'") == {"store.steps": HIDDEN}
    assert found["s'"][0]["via"] == ["tick"]
    assert found["s'"][0]["places"][0]["path"] == "store.py"


def test_every_function_of_the_sample_is_explained(run):
    _, out, _ = run("explain", "model.py", "--output-format", "json")
    names = [each["function"] for each in json.loads(out)]
    for name in names:
        assert run("explain", f"model.py::{name}")[0] == 0
        assert run("explain", f"model.py::{name}", "--facts", "--steps")[0] == 0
