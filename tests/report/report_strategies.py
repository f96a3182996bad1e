"""Findings and sources with whatever text a file name, a message or a line of code can hold."""

from __future__ import annotations

from hypothesis import strategies as st

from statelint.findings import Applicability, Confidence, Edit, Finding, Fix, Related, Severity

NASTY = (
    "\n\r\t\x00\x07\x1b\x7f\x85\u2028\u202e\u200b\u200d\ufe0f\u0301"
    "%:,<>&\"'[](){}`\\/ #漢é👍\udc80\udcff\ud800\uffff]]>"
)

hostile = st.text(st.one_of(st.sampled_from(NASTY), st.characters()), max_size=20)
paths = st.one_of(
    st.sampled_from(["src/net.py", "a b/c%d.py", "lab.ipynb", "/elsewhere/x.py", "a:b.py", "x\udcff.py"]),
    st.text(st.one_of(st.sampled_from(NASTY), st.characters(exclude_characters="\0")), min_size=1, max_size=12),
)
numbers = st.integers(1, 12)


@st.composite
def related(draw: st.DrawFn) -> Related:
    line, column = draw(numbers), draw(numbers)
    return Related(
        draw(paths), line, column, line + draw(st.integers(0, 3)), column + draw(st.integers(0, 9)), draw(hostile)
    )


@st.composite
def fixes(draw: st.DrawFn) -> Fix:
    line, column = draw(numbers), draw(numbers)
    edit = Edit(line, column, line + draw(st.integers(0, 2)), column + draw(st.integers(0, 5)), draw(hostile))
    return Fix(draw(st.sampled_from(Applicability)), draw(hostile), (edit,))


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    line, column = draw(numbers), draw(numbers)
    return Finding(
        code=draw(st.sampled_from(["SL201", "SL602", "SL001"])),
        name="some-name",
        message=draw(hostile),
        help=draw(hostile),
        path=draw(paths),
        line=line,
        column=column,
        end_line=line + draw(st.integers(0, 8)),
        end_column=column + draw(st.integers(0, 9)),
        severity=draw(st.sampled_from(Severity)),
        confidence=draw(st.sampled_from(Confidence)),
        function=draw(hostile),
        related=tuple(draw(st.lists(related(), max_size=4))),
        fix=draw(st.none() | fixes()),
        url=draw(st.sampled_from(["", "https://example.org/SL201"])),
        fingerprint=draw(st.sampled_from(["", "aa", "bb"])),
    )


many = st.lists(findings(), max_size=4)
sources = st.lists(st.text(st.one_of(st.sampled_from(NASTY + "abc   "), st.characters()), max_size=90), max_size=12)
