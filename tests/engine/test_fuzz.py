"""Whatever the bytes of a file: a run ends, every place is in the file, and fixes only take away what is unused."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statelint.config import Configurations
from statelint.engine import Engine
from statelint.engine.fixing import diff, fix, ignore
from statelint.source import SourceFile

pytestmark = pytest.mark.usefixtures("stand_in")
relaxed = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

# fmt: off
PIECES = [
    "BAD", "MAYBE", "x = 1", "\n", "\r\n", "\r", "\x0c", "  ", "    ", "# statelint: ignore[", "SL201", "SL6", "]",
    "# statelint: ignore", " -- why", "# noqa", ": SL201", "# statelint: ignore-file[", "'''", '"', "ü", "😀", "(", ")",
    "if x:", "\\", "\0", "\ufeff", "# coding: latin-1", "def f(x):", "@", ", ", "%time", "!ls", "class A:",
    "#", "\t",
]
# fmt: on
pieces = st.sampled_from(PIECES)
texts = st.lists(pieces, max_size=12).map("".join)
files = st.binary(max_size=40) | texts.map(str.encode) | texts.map(lambda text: text.encode("latin-1", "replace"))


def engine():
    return Engine(Configurations({"confidence": "possible"}, isolated=True))


@relaxed
@given(files, st.sampled_from([".py", ".pyi", ".ipynb"]))
def test_any_bytes_are_linted(data, suffix):
    outcome = engine().run({f"/x/a{suffix}": data})
    assert outcome.failures == ()
    for row in outcome.reported:
        finding, lines = row.finding, row.file.lines
        assert 1 <= finding.line <= finding.end_line <= len(lines)
        assert (finding.line, finding.column) < (finding.end_line, finding.end_column)
        assert finding.column <= len(lines.line(finding.line)) + 1
    msgspec.json.encode([msgspec.structs.replace(each, path="") for each in outcome.findings])


def words(data):
    return [each for each in SourceFile("a.py", data=data).text.split() if each in ("BAD", "MAYBE", "x", "1")]


@relaxed
@given(files)
def test_fixing_ends_clean_and_keeps_the_code(data):
    fixed = fix(engine(), {"/x/a.py": data}, unsafe=True)
    after = fixed.changes[0].after if fixed.changes else data
    left = [each for each in fixed.outcome.findings if each.code == "SL003" and each.fix is not None]
    assert left == [] or fixed.notes
    assert words(after) == words(data)
    diff(fixed.changes)
    assert not fix(engine(), {"/x/a.py": after}, unsafe=True).changes


@relaxed
@given(texts.map(str.encode))
def test_added_comments_suppress(data):
    outcome = engine().run({"/x/a.py": data})
    changes, notes = ignore(outcome, "why")
    after = changes[0].after if changes else data
    again = [each for each in engine().run({"/x/a.py": after}).findings if each.code in ("SL201", "SL601")]
    assert again == [] or notes


@relaxed
@given(st.lists(texts, min_size=1, max_size=3))
def test_any_cells_are_linted_and_fixed(sources):
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": each} for each in sources]
    data = msgspec.json.encode({"cells": cells, "metadata": {}})
    fixed = fix(engine(), {"/x/a.ipynb": data}, unsafe=True)
    for change in fixed.changes:
        assert len(msgspec.json.decode(change.after)["cells"]) == len(cells)
    assert fixed.outcome.failures == ()
