import pytest
from hypothesis import given
from hypothesis import strategies as st

from statelint.source.comments import may_speak, read_comments
from statelint.source.text import Lines


def read(text):
    return read_comments(text, Lines(text))


def summary(text):
    return [
        (one.kind, [each.text for each in one.selectors], one.reason, one.first, one.last, one.stray)
        for one in read(text).directives
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1  # statelint: ignore[SL201]\n", [("ignore", ["SL201"], "", 1, 1, False)]),
        ("x = 1  # statelint: ignore[SL201] -- why it is\n", [("ignore", ["SL201"], "why it is", 1, 1, False)]),
        (
            "x = 1  #statelint:ignore[ SL201 ,SL6,key-reuse]",
            [("ignore", ["SL201", "SL6", "key-reuse"], "", 1, 1, False)],
        ),
        ("x = 1  # statelint: ignore\n", [("ignore", [], "", 1, 1, False)]),
        ("# statelint: ignore-file[SL6] -- a demo\n", [("ignore-file", ["SL6"], "a demo", 1, 1, False)]),
        ("x = 1  # noqa: SL201\n", [("noqa", ["SL201"], "", 1, 1, False)]),
        ("x = 1  # NOQA:E501,SL201\n", [("noqa", ["SL201"], "", 1, 1, False)]),
        ("x = 1  # noqa: E501\n", []),
        ("x = 1  # noqa\n", [("noqa", [], "", 1, 1, False)]),
        ("x = 1  # noqa: E501  # statelint: ignore[SL2] -- see #12\n", [("ignore", ["SL2"], "see #12", 1, 1, False)]),
        ("x = 1  # statelint: ignore[SL2] -- why  # noqa: E501\n", [("ignore", ["SL2"], "why", 1, 1, False)]),
        ("x = f(\n  1,  # statelint: ignore[SL2]\n)\n", [("ignore", ["SL2"], "", 1, 3, False)]),
        ('x = """\n# statelint: ignore[SL1]\n"""  # statelint: ignore[SL2]\n', [("ignore", ["SL2"], "", 1, 3, False)]),
        ("x = 'a # statelint: ignore[SL2]'\n", []),
        ("# statelint: ignore[SL2]\nx = 1\n", [("ignore", ["SL2"], "", 1, 1, True)]),
        ("@jit  # statelint: ignore[SL2]\n@other\ndef f(\n  x,\n): ...\n", [("ignore", ["SL2"], "", 1, 5, False)]),
        ("x = 1 + \\\n  2  # statelint: ignore[SL2]\n", [("ignore", ["SL2"], "", 1, 2, False)]),
        ("x = 1  # statelint is a linter: ignore[it]\n", []),
        ("if x:  # statelint: ignore[SL2]\r\n    y = 1\r\n", [("ignore", ["SL2"], "", 1, 1, False)]),
    ],
)
def test_directives(text, expected):
    assert summary(text) == expected


def test_ranges_hold_what_they_say():
    text = "a = 1\nx = 'ü'  # note  # statelint: ignore[SL201, SL6] -- why  # noqa: E501\n"
    (one,) = read(text).directives
    assert text[one.start : one.end] == "# statelint: ignore[SL201, SL6] -- why"
    assert [text[each.start : each.end] for each in one.selectors] == ["SL201", "SL6"]
    assert text[slice(*one.comment)] == text[text.index("# note") : -1]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("def f(x):  # statelint: differentiable\n    return x\n", {1}),
        ("def f(\n    x,\n):  # statelint: differentiable\n    return x\n", {1, 2, 3}),
        ("# statelint: differentiable\ndef f(x):\n    return x\n", {2}),
        ("@dec  # statelint: differentiable\ndef f(x):\n    return x\n", {1, 2}),
        ("s = '# statelint: differentiable'\n", set()),
    ],
)
def test_markers(text, lines):
    assert read(text).markers == lines


def test_misspelled_directives():
    found = read("x = 1  # statelint: ignroe[SL201]\ny = 2  # statelint: a fine tool\n").misspelled
    assert [(one.word, one.meant) for one in found] == [("ignroe", "ignore")]


def test_quick_look():
    assert may_speak("x  # statelint: ignore[SL1]")
    assert may_speak("x  # noqa: E501, SL201")
    assert not may_speak("x  # noqa: E501")
    assert not may_speak("x = 'statelint'")


@given(st.text(alphabet="ab #'\"\n()[]\\:,-SL1statelintignore", max_size=80))
def test_anything_can_be_read(text):
    read(text)
    read("x = 1  # statelint: ignore[" + text)
