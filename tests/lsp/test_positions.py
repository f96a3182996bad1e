"""Columns between code points and the client's units; buffers and their bytes; what is linted under which path."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pygls")

from lsprotocol import types

from statelint.config import Configurations
from statelint.lsp.documents import encoded, path_of
from statelint.lsp.linting import excluded
from statelint.lsp.neighbours import neighbours
from statelint.lsp.positions import Positions, units
from statelint.source.text import Lines, decode

TEXTS = st.text(st.sampled_from("aé€🦊\u2028\f\r\n\t\x1d"), max_size=30)
SIZES = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


@given(TEXTS, st.sampled_from(sorted(SIZES)), st.data())
def test_positions_there_and_back(text, encoding, data):
    lines = Lines(text)
    line = data.draw(st.integers(1, len(lines)))
    column = data.draw(st.integers(1, len(lines.line(line)) + 1))
    position = Positions(lines, encoding).position(line, column)
    codec, size = SIZES[encoding]
    assert position.line == line - 1
    assert position.character == len(lines.line(line)[: column - 1].encode(codec)) // size
    assert Positions(lines, encoding).place(position) == (line, column)


def test_positions_beyond_the_text():
    positions = Positions(Lines("a🦊\nb"), "utf-16")
    assert positions.position(1, 99) == types.Position(0, 3)
    assert positions.position(99, 1) == types.Position(1, 1)
    assert positions.place(types.Position(0, 99)) == (1, 3)
    assert positions.place(types.Position(0, 2)) == (1, 3), "inside of a surrogate pair"
    assert positions.place(types.Position(99, 99)) == (2, 2)
    assert units("", "utf-16") == 0


@given(TEXTS)
def test_bytes_keep_all_columns(text):
    assert decode(encoded(text)).text == text
    for name in ("latin-1", "ascii", "cp1252"):
        head = f"# coding: {name}\n"
        assert len(decode(encoded(head + text)).text) == len(head + text)


def test_bytes_of_what_cannot_be_encoded():
    assert encoded("\ufeffx = '\ud83d'") == b"x = '?'"
    assert encoded("# coding: klingon\nx = 'é'") == "# coding: klingon\nx = 'é'".encode()


@pytest.mark.skipif(os.name == "nt", reason="paths of POSIX")
def test_paths_of_documents():
    assert path_of("file:///a/b%20c/gr%C3%B6%C3%9Fe%23.py", "/w") == "/a/b c/größe#.py"
    assert path_of("file:///a/./b/../c.py", "/w") == "/a/c.py"
    assert path_of("untitled:Untitled-1", "/w") == "/w/untitled_Untitled_1.py"
    for uri in ("git:/a.py", "vscode-notebook-cell:/a.ipynb", "file:///a.ipynb", "", "::", "file:", "http://[", "%00"):
        assert path_of(uri, "/w") is None


def test_what_is_left_out(tmp_path):
    (tmp_path / "statelint.toml").write_text('extend-exclude = ["gen"]\n')
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    (tmp_path / ".git").mkdir()
    (tmp_path / "gen").mkdir()
    for name in ("a.py", "gen/b.py", "ignored.py"):
        (tmp_path / name).write_text("x = 1\n")
    settings = Configurations()
    assert [excluded(str(tmp_path / each), settings) for each in ("a.py", "gen/b.py", "ignored.py", "new.py")] == [
        False,
        True,
        True,
        False,
    ]
    assert excluded(str(tmp_path / "gen" / "unsaved.py"), settings)
    assert excluded(str(tmp_path / "site-packages" / "a.py"), settings)


def test_the_rest_of_a_small_project(tmp_path, monkeypatch):
    (tmp_path / "statelint.toml").write_text("")
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("x = 1\n" * 100)
    paths = [str(tmp_path / each) for each in ("a.py", "b.py")]
    assert neighbours(paths[:1], Configurations()) == paths
    assert neighbours(["/somewhere/else.py"], Configurations(folder=str(tmp_path))) == []
    monkeypatch.setattr("statelint.lsp.neighbours.BYTES", 1000)
    assert neighbours(paths[:1], Configurations()) == []
    monkeypatch.undo()
    monkeypatch.setattr("statelint.lsp.neighbours._ENTRIES", 2)
    assert neighbours(paths[:1], Configurations()) == []
