"""Graphs of a function, a module and a package, in every format."""

from __future__ import annotations

import html
import io
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import networkx
import pytest

from statelint.graph import FORMATS

VIEWS = """\
views.py::f  6 names, 4 storages at its exit

flag  param  views.py:4
  viewed by       flag

@5:8  new, np.zeros(10)  views.py:5
  viewed by       a, b[:3], c[3:], returned[3:], returned[:3]
  held by         [b, d][0][:3]
  overwritten by  b += ... (views.py:10)

@8:8  new, a.copy()  views.py:8
  viewed by       d
  held by         [b, d][1]

@9:8  new, [b, d]  views.py:9
  viewed by       e

May overlap
  a ~ b, a ~ c
"""
TARGETS = ("views.py::f", "pkg/net.py::Net.forward", "pkg/registry.py", "pkg", "views.py::<module>")


def storage(found, name):
    return next(each for each in found["storages"] if each["name"] == name)


def edges(found, kind):
    return {(each["source"], each["target"]) for each in found["edges"] if each["kind"] == kind}


def test_function(graph):
    found = graph("views.py::f")
    assert found["aliases"] == [["a", "b"], ["a", "c"]]
    array = storage(found, "@5:8")
    assert array["type"] == "np.zeros(10)"
    assert array["names"] == ["a", "b", "c"]
    assert array["writers"] == ["b += ..."]
    assert array["returned_by"] == ["f"]
    assert {each["label"] for each in found["edges"] if each["kind"] == "views" and each["source"] == "name:b"} == {
        "[:3]"
    }
    assert ("storage:@9:8", "storage:@5:8") in edges(found, "holds")
    assert ("result", "storage:@5:8") in edges(found, "views")


def test_function_that_saves(graph):
    found = graph("pkg/net.py::Net.forward")
    (result,) = [each for each in found["storages"] if each["saved_by"]]
    assert (result["names"], result["saved_by"], result["writers"]) == (["y"], ["torch.exp"], ["y += ..."])
    assert ("storage:self", result["id"]) in edges(found, "holds")


def test_module(graph):
    found = graph("pkg/registry.py")
    names = {each["name"].removeprefix("pkg.registry."): each for each in found["storages"]}
    assert {"MODELS", "_cache", "steps"} <= set(names)
    assert "NAME" not in names
    assert names["MODELS"]["writers"] == ["pkg.registry.register.<locals>.wrap"]
    assert names["MODELS"]["returned_by"] == ["pkg.registry.models"]
    assert (names["MODELS"]["path"], names["MODELS"]["line"]) == ("pkg/registry.py", 3)
    assert names["_cache"]["returned_by"] == ["pkg.registry.cached"]
    assert names["steps"]["returned_by"] == []


def test_attributes_of_a_module(graph):
    found = graph("pkg/net.py")
    last = storage(found, "pkg.net.Net.last")
    assert last["writers"] == ["pkg.net.Net.forward", "pkg.net.Net.reset"]
    assert (last["kind"], last["line"]) == ("attribute", 9)


def test_package(graph):
    found = graph("pkg")
    shared = {each["name"]: each["modules"] for each in found["storages"] if each["shared"]}
    assert shared == {
        "pkg.registry.Config.table": ["pkg.registry", "pkg.use"],
        "pkg.registry.LIMITS": ["pkg.net", "pkg.registry"],
        "pkg.registry.MODELS": ["pkg.registry", "pkg.use"],
        "pkg.registry._cache": ["pkg.registry", "pkg.use"],
        "pkg.registry.steps": ["pkg.registry", "pkg.use"],
    }
    assert not any("Net.last" in each["name"] for each in found["storages"])
    through = [each for each in found["edges"] if each["source"] == "module:pkg.use" and each["through"]]
    assert {(each["kind"], each["target"], each["through"]) for each in through} >= {
        ("writes", "storage:pkg.registry.MODELS", "pkg.registry.register.<locals>.wrap"),
        ("writes", "storage:pkg.registry.steps", "pkg.registry.tick"),
    }
    (direct,) = [
        each
        for each in found["edges"]
        if each["source"] == "module:pkg.use" and each["kind"] == "writes" and each["target"].endswith("_cache")
    ]
    assert (direct["functions"], direct["places"]) == ("clear", "pkg/use.py:11")


@pytest.mark.parametrize("target", TARGETS)
def test_json_is_node_link_data(graph, target):
    found = graph(target)
    again = networkx.node_link_graph(found, edges="edges")
    ids = {each["id"] for each in found["nodes"]}
    assert set(again.nodes) == ids
    assert again.number_of_edges() == len(found["edges"])
    assert all(each["source"] in ids and each["target"] in ids for each in found["edges"])
    assert {each["id"] for each in found["storages"]} == {e["id"] for e in found["nodes"] if e["kind"] == "storage"}
    assert found["aliases"] == sorted(found["aliases"])
    assert all(a < b for a, b in found["aliases"])


@pytest.mark.parametrize("target", TARGETS)
def test_formats_say_the_same(run, graph, target):
    found = graph(target)
    dot = run("graph", target, "--output-format", "dot")[1]
    assert dot.count("shape=") == len(found["nodes"])
    assert dot.count(" -> ") == len(found["edges"])
    graphml = run("graph", target, "--output-format", "graphml")[1]
    again = networkx.read_graphml(io.BytesIO(graphml.encode()), force_multigraph=True)
    assert set(again.nodes) == {each["id"] for each in found["nodes"]}
    assert again.number_of_edges() == len(found["edges"])
    ElementTree.fromstring(graphml.encode())
    text = run("graph", target)[1]
    assert all(each["name"] in text for each in found["storages"])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("format", FORMATS)
def test_the_same_again(run, target, format):
    assert run("graph", target, "--output-format", format) == run("graph", target, "--output-format", format)


def test_text(run):
    assert run("graph", "views.py::f")[1] == VIEWS


def test_text_of_a_package(run):
    out = run("graph", "pkg")[1]
    assert out.splitlines()[0] == "pkg  5 storages, 5 shared by several modules"
    lines = out.splitlines()
    at = lines.index("pkg.registry.MODELS  global, dict, shared by 2 modules  pkg/registry.py:3")
    assert lines[at + 1 : at + 3] == [
        "  written by      pkg.registry: register.<locals>.wrap (pkg/registry.py:16)",
        "                  pkg.use: module level through pkg.registry.register.<locals>.wrap (pkg/use.py:5)",
    ]
    assert any(line.startswith("pkg.registry.LIMITS  global, list, shared") for line in lines)


def test_the_page_stands_alone(run):
    for target in TARGETS:
        page = run("graph", target, "--output-format", "html")[1]
        assert "{{" not in page.split('id="data"')[0]
        assert not re.search(r"""(?:src|href)\s*=|@import|url\(|fetch\(|XMLHttpRequest""", page.split('id="data"')[0])
        assert re.findall(r"https?://[^\s\"']+", page) == ["http://www.w3.org/2000/svg"]
        assert "default-src 'none'" in page


def test_the_page_is_safe_from_names(run, tmp_path):
    (tmp_path / "evil.py").write_text(
        "import numpy as np\n\n\n"
        "def f():\n    a = {'</script><img src=x onerror=alert(1)>&': np.zeros(3)}\n    return a\n"
    )
    page = run("graph", "evil.py::f", "--output-format", "html")[1]
    assert "<img" not in page
    assert page.count("</script>") == 2
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
    assert any("</script>" in edge["label"] for edge in data["edges"])
    assert run("graph", "evil.py::f", "--output-format", "graphml")[0] == 0


@pytest.mark.skipif(not shutil.which("chromium"), reason="needs a browser")
@pytest.mark.parametrize("target", TARGETS[:4])
def test_the_browser_draws_every_node(run, graph, tmp_path, target):
    found = graph(target)
    assert run("graph", target, "--output-format", "html", "-o", "page.html")[0] == 0
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    done = subprocess.run(
        [*command, "--virtual-time-budget=3000", "--dump-dom", (tmp_path / "page.html").as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    drawn = set(re.findall(r'<g class="node[^>]*aria-label="[a-z]+ ([^"]*)"', done.stdout))
    assert {html.unescape(each) for each in drawn} == {each["label"] for each in found["nodes"]}
    assert done.stdout.count('class="edge') == len(found["edges"])


def test_output_file(run, tmp_path):
    assert run("graph", "pkg", "--output-format", "json", "--output-file", "out.json") == (0, "", "")
    assert json.loads((tmp_path / "out.json").read_text())["graph"]["scope"] == "package"
    code, _, err = run("graph", "pkg", "-o", "no/such/folder.json")
    assert code == 2
    assert "--output-file no/such/folder.json" in err


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("views.py::g", "views.py has no function `g`"),
        ("view.py", "no such file: view.py; did you mean `views.py`"),
        ("pkg/net.py::Net", "pkg/net.py: `Net` is a class"),
        ("empty", "no Python files in empty"),
    ],
)
def test_what_is_not_there(run, tmp_path, target, message):
    (tmp_path / "empty").mkdir()
    code, out, err = run("graph", target)
    assert (code, out) == (2, "")
    assert err.startswith(f"statelint: {message}")


def test_empty_module(graph, run, tmp_path):
    (tmp_path / "nothing.py").write_text("")
    found = graph("nothing.py")
    assert (found["nodes"], found["edges"], found["storages"], found["aliases"]) == ([], [], [], [])
    for format in FORMATS:
        assert run("graph", "nothing.py", "--output-format", format)[0] == 0


def test_networkx_is_loaded_for_its_formats_alone(tmp_path):
    import subprocess
    import sys

    (tmp_path / "a.py").write_text("def f(x):\n    y = x\n    return y\n")
    script = (
        "import sys\nfrom statelint.cli.main import main\n"
        "assert main(['graph', 'a.py::f']) == 0\nassert main(['graph', 'a.py', '--output-format', 'html']) == 0\n"
        "assert not {'networkx', 'numpy', 'rich', 'astroid'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
