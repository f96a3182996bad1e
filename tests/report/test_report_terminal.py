"""The reports for people: widths, alignment, escapes, cropping, colours."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_samples import ARGUMENT, FINDINGS, SAVED, context
from report_strategies import many, sources
from rich.cells import cell_len

from statelint.findings import Applicability, Confidence, Edit, Finding, Fix, Related, Severity
from statelint.report import Cell, ReportContext, render
from statelint.report.terminal.cells import Ruler, encodable, text_width, visible
from statelint.report.terminal.marks import crop
from statelint.report.terminal.preview import hunks
from statelint.report.terminal.screen import plain, prose, width_of, wrap

ANSI = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;;[^\x1b]*\x1b\\")
UTF8 = encodable("utf-8")
HUMAN = ("full", "concise", "grouped")


def page(source: str, own: str, *steps: tuple[str, str], **changes: Any) -> str:
    """The full report, without its summary, on places in a source given by their text."""

    def place(text: str) -> dict[str, Any]:
        start = source.index(text)
        end = start + len(text)
        return {
            "path": "a.py",
            "line": source.count("\n", 0, start) + 1,
            "column": start - source.rfind("\n", 0, start),
            "end_line": source.count("\n", 0, end) + 1,
            "end_column": end - source.rfind("\n", 0, end),
        }

    finding = Finding(
        code="SL201",
        name="name",
        message="message",
        help="",
        severity=Severity.WARNING,
        confidence=Confidence.CERTAIN,
        function="",
        related=tuple(Related(**place(text), message=message) for text, message in steps),
        **place(own),
    )
    context = ReportContext(source=lambda _path: source.split("\n"), **changes)
    return render("full", [finding], context).rsplit("\n\n", 1)[0].split("\n", 3)[3]


# alignment


def test_marks_stand_under_wide_and_combining_characters_and_tabs() -> None:
    source = "重み = e\u0301('👍🏽')\tx.exp_()\n\ty = x\n"
    assert page(source, "x.exp_()", ("重み", "first"), ("y", "then")) == (
        " 1 │ 重み = e\u0301('👍🏽')  x.exp_()\n"
        "   │                 ━━━━━━━━\n"
        "   │ ──── 1. first\n"
        " 2 │     y = x\n"
        "   │     ─ 2. then"
    )


@given(st.text("ab 漢字éñ—漢\t", max_size=30), st.text("xyz重", min_size=1, max_size=9))
def test_underlines_start_and_end_where_the_place_does(before: str, marked: str) -> None:
    row, underline = page("_" + before + marked + " = 1", marked, width=200).split("\n")[:2]
    shown = row[: len(row) - len(marked + " = 1")]
    assert underline.index("━") == cell_len(shown)
    assert underline.count("━") == cell_len(marked)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Cn", "Co", "Mc")), max_size=8))
def test_ruler_agrees_with_the_width_of_what_it_shows(text: str) -> None:
    ruler = Ruler(text, UTF8)
    assert ruler.width == text_width(ruler.cut(0, ruler.width))
    assert list(ruler.starts) == sorted(ruler.starts)


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("abc", 3),
        ("漢字", 4),
        ("e\u0301", 1),
        ("👍🏽", 2),
        ("👩\u200d👩\u200d👧", 2),
        ("❤\ufe0f", 2),
        ("각", 2),
    ],
)
def test_text_width(text: str, width: int) -> None:
    assert text_width(text) == width


@given(st.text("abc漢\t\u0301👍", max_size=40), st.integers(0, 50), st.integers(0, 50))
def test_a_cut_is_as_wide_as_asked(text: str, first: int, last: int) -> None:
    ruler = Ruler(text, UTF8)
    assert text_width(ruler.cut(first, last)) == max(0, min(last, ruler.width) - first)


# what is shown of strange characters


@pytest.mark.parametrize(
    ("text", "utf8", "ascii"),
    [
        ("plain `x`", "plain `x`", "plain `x`"),
        ("\x1b[31m", "␛[31m", "\\x1b[31m"),
        ("a\nb\x7f", "a␊b␡", "a\\x0ab\\x7f"),
        ("\u202eevil", "\\u202eevil", "\\u202eevil"),
        ("\x9b1m", "\\x9b1m", "\\x9b1m"),
        ("x\udcff.py", "x\\xff.py", "x\\xff.py"),
        ("\ud800", "\\ud800", "\\ud800"),
        ("重", "重", "\\u91cd"),
        ("👍", "👍", "\\U0001f44d"),
        ("a\u00a0b", "a\u00a0b", "a\\xa0b"),
    ],
)
def test_visible(text: str, utf8: str, ascii: str) -> None:
    assert visible(text, UTF8) == utf8
    assert visible(text, encodable("ascii")) == ascii
    assert visible(text, encodable("no such encoding")) == ascii


@settings(deadline=None)
@given(many, sources, st.sampled_from(HUMAN), st.integers(20, 130), st.sampled_from(["utf-8", "ascii", "cp1252"]))
def test_reports_hold_no_character_that_steers_a_terminal(
    found: list[Finding], lines: list[str], format: str, width: int, encoding: str
) -> None:
    told = ReportContext(source=lambda _path: lines, width=width, encoding=encoding)
    text = render(format, found, told)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", text)
    text.encode(encoding)
    colored = render(format, found, msgspec.structs.replace(told, color=True, hyperlinks=True))
    assert ANSI.sub("", colored) == text


# widths


@settings(deadline=None)
@given(
    st.data(), sources, st.integers(40, 130), st.sampled_from(["utf-8", "ascii"]), st.sampled_from(["full", "grouped"])
)
def test_no_line_is_wider_than_the_screen(
    data: st.DataObject, lines: list[str], width: int, encoding: str, format: str
) -> None:
    words = st.lists(st.text("abc`漢", min_size=1, max_size=6), max_size=30).map(" ".join)
    if encoding == "ascii":
        words = st.lists(st.text("abc`", min_size=1, max_size=10), max_size=30).map(" ".join)

    def tame(finding: Finding) -> Finding:
        chain = tuple(msgspec.structs.replace(r, path="b.py", message=data.draw(words)) for r in finding.related)
        fix = finding.fix and msgspec.structs.replace(finding.fix, message=data.draw(words))
        texts = {"path": "a.py", "message": data.draw(words), "help": data.draw(words), "function": "f"}
        return msgspec.structs.replace(finding, related=chain, fix=fix, **texts)

    found = [tame(finding) for finding in data.draw(many)]
    told = ReportContext(source=lambda _path: lines, width=width, encoding=encoding, files=3)
    for line in (render("full", found, told) + render("grouped", found, told)).split("\n"):
        assert text_width(line) <= width, line


@given(st.text("ab `漢", max_size=60), st.integers(5, 30), st.integers(5, 30))
def test_wrap_keeps_the_words_and_the_width(text: str, first: int, rest: int) -> None:
    rows = wrap(prose(text), first, rest)
    assert " ".join(" ".join(plain(row) for row in rows).split()) == " ".join(text.split())
    for index, row in enumerate(rows):
        assert width_of(row) <= (rest if index else first) or " " not in plain(row)


def test_wrap_keeps_names_in_one_piece() -> None:
    rows = wrap(prose("so write `def f(self, x)` here"), 20)
    assert [plain(row) for row in rows] == ["so write", "`def f(self, x)`", "here"]


# long lines


@given(st.integers(1, 400), st.integers(0, 400), st.integers(1, 60), st.integers(0, 30), st.integers(30, 120))
def test_crop_shows_the_place_within_the_room(length: int, start: int, size: int, indent: int, room: int) -> None:
    start = max(start % length, min(indent, length - 1))
    indent = min(indent, start)
    end = min(start + size, length)
    window = crop(Ruler("x" * length, UTF8), indent, start, end, room)
    assert window.last - window.first + window.before + window.after <= room
    assert window.first <= start < window.last
    if size <= room - 2:
        assert end <= window.last


def test_a_long_line_is_cropped_around_each_of_its_places() -> None:
    source = "f(" + ", ".join(f"a{i}" for i in range(60)) + ")"
    assert page(source, "a50", ("a5,", "here"), width=60) == (
        " 1 │ f(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a1…\n"
        "   │                       ─── here\n"
        " 1 │ …a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55…\n"
        "   │                           ━━━"
    )


# several lines


def test_ranges_over_lines_have_rails() -> None:
    source = "y = outer(\n    inner(x,\n          1),\n    2,\n)\n"
    assert page(source, source[:-1], ("inner(x,\n          1)", "saves `x`"), encoding="utf-8") == (
        " 1 │ ┏   y = outer(\n"
        " 2 │ ┃ ╭     inner(x,\n"
        " 3 │ ┃ │           1),\n"
        "   │ ┃ ╰─ saves `x`\n"
        " 4 │ ┃       2,\n"
        " 5 │ ┃   )\n"
        "   │ ┗━━━"
    )


def test_the_middle_of_a_long_range_is_left_out() -> None:
    source = "f(\n" + "".join(f"    {i},\n" for i in range(40)) + ")"
    assert page(source, source) == (
        " 1 │ ┏ f(\n 2 │ ┃     0,\n 3 │ ┃     1,\n   ┆ ┃\n41 │ ┃     39,\n42 │ ┃ )\n   │ ┗━"
    )


def test_a_range_that_ends_at_a_line_start_ends_on_the_line_before() -> None:
    source = "f()\ng()\n"
    assert page(source, "f()\n") == " 1 │ f()\n   │ ━━━\n 2 │ g()"


# steps


def test_steps_of_one_place_share_its_underline_and_keep_their_turn() -> None:
    source = "for t in r:\n    h = h * w\n    w += 1\n"
    steps = [("h * w", "saved"), ("w += 1", "overwritten"), ("h * w", "saved anew")]
    assert page(source, "w += 1", *steps) == (
        " 2 │ h = h * w\n   │     ───── 1. saved\n   │           3. saved anew\n 3 │ w += 1\n   │ ━━━━━━ 2. overwritten"
    )


def test_far_lines_are_left_out_and_near_ones_shown() -> None:
    source = "a = 1\nb = 2\nc = 3\n" + "\n" * 9 + "d = 4\n"
    assert page(source, "d = 4", ("a = 1", "one"), ("c = 3", "two")) == (
        " 1 │ a = 1\n   │ ───── 1. one\n 2 │ b = 2\n 3 │ c = 3\n   │ ───── 2. two\n   ┆\n13 │ d = 4\n   │ ━━━━━"
    )


def test_a_story_that_begins_in_another_file_is_told_in_its_order() -> None:
    first = msgspec.structs.replace(SAVED, related=SAVED.related[::-1], fix=None)
    text = render("full", [first], context())
    assert re.findall(r"[╭├]─ (\S+)", text) == ["src/net.py:15:9", "src/train.py:10:5", "src/net.py:15:9"]


def test_cells_of_a_notebook_do_not_run_into_each_other() -> None:
    def cell(_path: str, line: int) -> Cell:
        return Cell(1, line) if line < 3 else Cell(2, line - 2)

    text = page("a = 1\nb = 2\nc = 3\nd = 4\n", "b = 2", cell=cell)
    assert text == " 1 │ a = 1\n 2 │ b = 2\n   │ ━━━━━"


def test_a_finding_with_nothing_to_show_is_two_lines() -> None:
    bare = msgspec.structs.replace(ARGUMENT, help="", fix=None)
    text = render("full", [bare], context(source=lambda _path: None))
    assert text.split("\n")[2:4] == ["   ╰─ src/net.py:25:5 in normalise (certain)", ""]


def test_places_outside_the_source_do_no_harm() -> None:
    far = msgspec.structs.replace(ARGUMENT, line=900, end_line=901, fix=None)
    assert "src/net.py:900:5" in render("full", [far], context())
    late = msgspec.structs.replace(ARGUMENT, column=200, end_column=210, fix=None)
    assert "25 │ x /= scale + eps\n   │                 ━\n" in render("full", [late], context())


# fixes


def test_hunks_of_a_fix() -> None:
    lines = ["import a", "import b", "x = 1", "y = 2"]
    (first, second) = hunks((Edit(4, 5, 4, 6, "3"), Edit(1, 1, 2, 1, "")), lines) or []
    assert (first.first, first.before, first.after) == (1, ("import a",), ())
    assert (second.first, second.before, second.after) == (4, ("y = 2",), ("y = 3",))


@pytest.mark.parametrize(
    "edit", [Edit(9, 1, 9, 2, "x"), Edit(1, 5, 1, 2, "x"), Edit(0, 1, 0, 1, "x"), Edit(2, 1, 2, 99, "")]
)
def test_a_fix_that_does_not_fit_the_text_is_not_shown(edit: Edit) -> None:
    assert hunks((edit,), ["a = 1", "b = 2"]) is None


def test_a_long_fix_is_cut_short() -> None:
    text = "\n".join(f"line {i}" for i in range(40))
    found = msgspec.structs.replace(ARGUMENT, fix=Fix(Applicability.SAFE, "All new", (Edit(25, 1, 25, 21, text),)))
    shown = render("full", [found], context())
    assert "… 30 more lines with --diff" in shown


# the summary


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"fixable": 1}, " in 12 files. 1 fixable with --fix."),
        ({"files": 1}, " in 1 file."),
        ({"fixable_unsafely": 2}, " in 12 files. 2 fixable with --unsafe-fixes."),
    ],
)
def test_summary(changes: dict[str, int], line: str) -> None:
    told = context(**{"width": 200, "fixable": 0, "fixable_unsafely": 0, **changes})
    line = "Found 5 problems (3 certain, 1 likely, 1 possible)" + line
    assert render("concise", FINDINGS, told).splitlines()[-1] == line
    assert render("grouped", FINDINGS, told).splitlines()[-1] == line
    assert render("full", FINDINGS, told).splitlines()[-2] == line


def test_styles_close_what_they_open() -> None:
    text = render("full", FINDINGS, context(color=True))
    for line in text.splitlines():
        opened = re.findall(r"\x1b\[([0-9;]*)m", line)
        assert opened[1::2] == ["0"] * (len(opened) // 2)
        assert "0" not in opened[::2]


def test_links_are_only_made_of_addresses() -> None:
    evil = msgspec.structs.replace(ARGUMENT, url="https://x\x1b]0;title\x07")
    assert "title" not in render("concise", [evil], context(hyperlinks=True))
    assert "\x1b]8;;https://statelint.dev" in render("concise", [SAVED], context(hyperlinks=True))
