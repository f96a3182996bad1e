import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statelint import fixes
from statelint.findings import Applicability, Confidence, Edit, Finding, Fix, Severity
from statelint.source import SourceFile

SAFE, UNSAFE, DISPLAY = Applicability


def finding(*edits, applicability=SAFE, function="", code="SL902", line=1):
    fix = Fix(applicability, "fix", tuple(edits))
    certain = (Severity.WARNING, Confidence.CERTAIN)
    return Finding(code, "name", "message", "", "a.py", line, 1, line, 2, *certain, function, (), fix)


def source(data):
    return SourceFile("a.py", data=data if isinstance(data, bytes) else data.encode())


def apply(data, *findings, unsafe=False):
    applied = fixes.apply_fixes(source(data), findings, unsafe)
    return applied.data.decode() if applied else None


def test_bytes_outside_of_edits_stay():
    data = b"\xef\xbb\xbfx = 'a'\r\ny = '\xc3\xbc'; z = 1\x0c\r\nw = 2"
    assert fixes.apply_edits(source(data), [Edit(2, 7, 2, 7, "\u20ac")]) == data.replace(b"\xbc'", b"\xbc\xe2\x82\xac'")


def test_the_declared_encoding_is_kept():
    data = "# coding: latin-1\nx = 'ü'\n".encode("latin-1")
    assert fixes.apply_edits(source(data), [Edit(2, 6, 2, 7, "ä")]) == data.replace(b"\xfc", b"\xe4")
    with pytest.raises(fixes.EditError, match="iso-8859-1"):
        fixes.apply_edits(source(data), [Edit(2, 6, 2, 7, "€")])


def test_overlapping_fixes_wait_for_the_next_pass():
    first, second = finding(Edit(1, 1, 1, 4, "a")), finding(Edit(1, 2, 1, 6, "b"))
    third = finding(Edit(1, 7, 1, 8, "c"), Edit(1, 3, 1, 3, "d"))
    for order in ((first, second, third), (third, second, first)):
        assert apply("xyzxyz+w\n", *order) == "axyz+w\n"


def test_insertions_at_one_place_do_not_mix():
    assert (
        apply("x = 1\n", finding(Edit(1, 1, 1, 1, "a = 1\n")), finding(Edit(1, 1, 1, 1, "b = 1\n"))) == "a = 1\nx = 1\n"
    )


def test_one_unsafe_fix_of_a_rule_per_function():
    first = {"function": "f", "applicability": UNSAFE}
    one, two = finding(Edit(1, 1, 1, 2, "a"), **first), finding(Edit(2, 1, 2, 2, "b"), **first, line=2)
    other = finding(Edit(3, 1, 3, 2, "c"), function="g", line=3)
    assert apply("x\ny\nz\n", one, two, other, unsafe=True) == "a\ny\nc\n"
    assert apply("x\ny\nz\n", one, two, other) == "x\ny\nc\n"


def test_applicability():
    unsafe, display = finding(Edit(1, 1, 1, 2, "a"), applicability=UNSAFE), finding(applicability=DISPLAY)
    assert apply("x\n", unsafe, display) is None
    assert apply("x\n", unsafe, display, unsafe=True) == "a\n"


def test_a_fix_that_breaks_the_file_is_left_out_with_a_note():
    bad, good = finding(Edit(1, 1, 1, 2, "(")), finding(Edit(2, 1, 2, 2, "b"), line=2)
    applied = fixes.apply_fixes(source("x\ny\n"), [bad, good], False)
    assert applied.data == b"x\nb\n"
    assert applied.findings == (good,)
    assert "no longer parse" in applied.notes[0]


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 4), st.sampled_from(["", "a", "b1"])), max_size=6),
    st.randoms(),
)
def test_the_order_of_fixes_does_not_matter(ranges, random):
    text = "abcdefghijkl = 1\n"
    rows = [finding(Edit(1, at + 1, 1, min(at + width, 12) + 1, new)) for at, width, new in ranges if at + 1 <= 13]
    before = apply(text, *rows)
    random.shuffle(rows)
    assert apply(text, *rows) == before


def test_replacing_a_file_keeps_its_mode_and_links(tmp_path):
    target, link = tmp_path / "a.py", tmp_path / "link.py"
    target.write_bytes(b"old")
    target.chmod(0o754)
    link.symlink_to("a.py")
    fixes.replace_file(str(link), b"old", b"new")
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o754
    assert link.is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["a.py", "link.py"]


def test_a_file_that_changed_meanwhile_is_left(tmp_path):
    path = tmp_path / "a.py"
    path.write_bytes(b"newer")
    with pytest.raises(fixes.WriteError, match="changed while"):
        fixes.replace_file(str(path), b"old", b"new")
    assert path.read_bytes() == b"newer"


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
def test_a_write_that_fails_leaves_the_file_and_no_rest(tmp_path, monkeypatch, step):
    path = tmp_path / "a.py"
    path.write_bytes(b"old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(fixes.WriteError, match="No space left"):
        fixes.replace_file(str(path), b"old", b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.py"]
