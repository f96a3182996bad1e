import json

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statelint.source import SourceFile
from statelint.source.notebook import NotebookError, blank_magics, parse_notebook, replace_sources


def notebook(*sources, **metadata):
    cells = [{"cell_type": "markdown", "metadata": {}, "source": ["# Title\n"]}]
    for source in sources:
        cells.append(
            {
                "cell_type": "code",
                "execution_count": None,
                "metadata": {},
                "outputs": [],
                "source": source.splitlines(keepends=True),
            }
        )
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}


def parse(*sources, **metadata):
    return parse_notebook(json.dumps(notebook(*sources, **metadata)))


def test_cells_are_joined_with_a_map():
    found = parse("x = 1\ny = 2", "z = 3\n", "w = 4")
    assert found.text.split("\n") == ["x = 1", "y = 2", "z = 3", "", "w = 4", ""]
    assert [found.locate(line) for line in (1, 2, 3, 5)] == [(2, 1), (2, 2), (3, 1), (4, 1)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("if x:\n    !ls -l\ny = 1", "if x:\n    pass\ny = 1"),
        ("files = !ls\nx = 1", "files = None\nx = 1"),
        ("t = %timeit -o f(x)\n", "t = None\n"),
        ("!pip install \\\n   torch\nx = 1", "pass\n\nx = 1"),
        ("torch.relu?\nx = 1", "pass\nx = 1"),
        ("?torch\nx", "pass\nx"),
        ("%%time\nx = 1", "\nx = 1"),
        ("%%bash\nls\nrm x", "\n\n"),
        ("x = (a\n  % b)\n%cd ..\n", "x = (a\n  % b)\npass\n"),
        ("s = '''\n%not magic\n'''\n!ls", "s = '''\n%not magic\n'''\npass"),
        ("x != 3\n!ls", "x != 3\npass"),
    ],
)
def test_magics(source, expected):
    assert blank_magics(source) == expected


def test_a_broken_cell_leaves_the_others():
    found = parse("x = 1", "def f(:", "y = 2")
    assert found.text == "x = 1\n\ny = 2\n"
    assert [(each.line, each.message.split(":")[0]) for each in found.broken] == [(2, "Syntax error")]


def test_other_languages_have_no_cells():
    assert parse("x <- 1", kernelspec={"language": "R", "name": "ir", "display_name": "R"}).cells == ()
    assert len(parse("x = 1", language_info={"name": "python"}).cells) == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", "{", "1", '{"cells": 3}', "[" * 100_000])
def test_no_notebook(text):
    with pytest.raises(NotebookError):
        parse_notebook(text)


def test_format_three():
    text = json.dumps(
        {"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1\n", "y = 2"]}]}], "nbformat": 3}
    )
    assert parse_notebook(text).text == "x = 1\ny = 2\n"
    assert json.loads(replace_sources(text, {0: "z = 3"}))["worksheets"][0]["cells"][0]["input"] == ["z = 3"]


@pytest.mark.parametrize("indent", [None, 1, 4])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_editing_keeps_every_other_byte(indent, ascii_only):
    data = notebook("a = 'ü'\nb = 2\nc = 3", "d = '\"'")
    text = json.dumps(data, indent=indent, ensure_ascii=ascii_only) + "\n"
    assert replace_sources(text, {1: "a = 'ü'\nb = 2\nc = 3"}) == text
    edited = replace_sources(text, {1: "a = 'ü'\nb = 9\nc = 3"})
    assert edited == text.replace("b = 2", "b = 9")
    nbformat.validate(nbformat.reads(edited, as_version=4))


def test_a_source_that_is_one_string():
    data = notebook("x = 1")
    data["cells"][1]["source"] = "x = 1\ny = 2"
    text = json.dumps(data)
    assert replace_sources(text, {1: "x = 1\ny = 3"}) == text.replace("y = 2", "y = 3")


KEYS = ["cells", "cell_type", "source", "metadata", "kernelspec", "language", "worksheets", "input", "language_info"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150)
@given(json_values.map(json.dumps).map(str.encode) | st.binary(max_size=40))
def test_any_file_is_a_notebook_or_a_problem(data):
    file = SourceFile("a.ipynb", data=data)
    assert isinstance(file.text, str)
    assert file.problem is None or file.problem.code in ("SL001", "SL002")
