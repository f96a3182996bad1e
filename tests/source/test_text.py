import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statelint.source.file import SourceFile
from statelint.source.text import Lines, UndecodableError, decode


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (b"", "", "utf-8"),
        (b"x = 1\n", "x = 1\n", "utf-8"),
        ("s = 'ü'\r\n".encode(), "s = 'ü'\r\n", "utf-8"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n", "utf-8"),
        (b"# -*- coding: latin-1 -*-\ns = '\xfc'\n", "# -*- coding: latin-1 -*-\ns = 'ü'\n", "iso-8859-1"),
        (b"#!/bin/sh\n# vim: set fileencoding=cp1252 :\ns='\x80'\n", None, "cp1252"),
        (b"x = 1\ny = 2\n# coding: ascii\n", None, "utf-8"),
        (b"a\x0cb\r\nc\rd\n", "a\x0cb\r\nc\rd\n", "utf-8"),
    ],
)
def test_decoding_and_back(data, text, encoding):
    decoded = decode(data)
    assert decoded.encoding == encoding
    assert text is None or decoded.text == text
    assert decoded.encode(decoded.text) == data


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"x\ny = '\xff'\n", 2),
        (b"# coding: nonsense\n", 1),
        (b"\xef\xbb\xbf# coding: latin-1\n", 1),
        (b"# coding: hex\n", 1),
    ],
)
def test_not_text(data, line):
    with pytest.raises(UndecodableError) as caught:
        decode(data)
    assert caught.value.line == line


@given(st.binary(max_size=60) | st.binary(max_size=30).map(lambda tail: b"# coding: utf-7\n" + tail))
def test_any_bytes_are_text_or_refused(data):
    try:
        decoded = decode(data)
    except UndecodableError:
        return
    assert isinstance(decoded.text, str)


@given(st.text(alphabet="ab\n\r\x0c\x1c\u2028ü😀 ", max_size=40))
def test_lines_are_where_python_has_them(text):
    lines = Lines(text)
    assert "".join(lines.line(n) + lines.line_end(n) for n in range(1, len(lines) + 1)) == text
    for offset in range(len(text)):
        line, column = lines.position(offset)
        if offset <= lines.starts[line - 1] + len(lines.line(line)):
            assert lines.offset(line, column) == offset


def test_columns_are_code_points():
    text = "x = 'ü😀'; y = 1\r\nz = 2"
    lines = Lines(text)
    node = ast.parse(text).body[1]
    column = lines.column(node.lineno, node.col_offset)
    assert text[lines.offset(1, column) :].startswith("y = 1")


def test_python_numbers_lines_the_same_way():
    text = "a = 1\x0c\r\nb = 2\rc = '''\n\u2028\n'''\nd = 4\n"
    lines = Lines(text)
    for node in ast.parse(text).body:
        assert lines.line(node.lineno).startswith(node.targets[0].id)


def test_unreadable_files(tmp_path):
    loop = tmp_path / "loop.py"
    loop.symlink_to(loop)
    for path in (loop, tmp_path / "none.py", tmp_path):
        file = SourceFile(str(path), str(path))
        assert file.text == ""
        assert file.problem.code == "SL001"


def test_a_pipe_does_not_hang(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe.py")
    file = SourceFile("pipe.py", str(tmp_path / "pipe.py"))
    assert file.text == ""
    assert "not a regular file" in file.problem.message


def test_forgotten_text_is_read_again(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("# statelint: differentiable\ndef f(x): ...\n")
    file = SourceFile("a.py", str(path))
    assert file.markers == {2}
    file.forget()
    assert file.markers == {2}
    assert file.text.startswith("# statelint")
