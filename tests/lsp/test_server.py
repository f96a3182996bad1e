"""The server as an editor meets it."""

import pytest
from lsprotocol import types

from lsp.conftest import range_of

pytestmark = pytest.mark.asyncio

KEY_TWICE = """\
import jax


def sample(key):
    a = jax.random.normal(key, (3,))
    b = jax.random.normal(key, (3,))
    return a + b


gradient = jax.grad(sample)
"""
SAVED = """\
import torch


def f(x):
    y = torch.exp(x)
    y.mul_(2)
    return y.sum()


f(torch.ones(3, requires_grad=True)).backward()
"""
UNUSED = "x = 1  # statelint: ignore[SL201] -- gone\n"


async def test_opened_changed_saved_closed(editor):
    uri = editor.open("a.py", KEY_TWICE)
    (found,) = await editor.codes(uri, "SL602")
    assert found.source == "statelint"
    assert found.severity is not None
    assert found.message
    editor.change(uri, KEY_TWICE.replace("    b = jax.random.normal(key, (3,))", "    b = 1"))
    await editor.codes(uri)
    editor.change(uri, KEY_TWICE)
    await editor.codes(uri, "SL602")
    editor.write("a.py", KEY_TWICE)
    editor.save(uri)
    editor.close(uri)
    await editor.codes(uri)


async def test_the_reason_chain_is_related_information(editor):
    uri = editor.open("a.py", SAVED)
    (found,) = await editor.codes(uri, "SL201")
    assert found.range == range_of(SAVED, "y.mul_(2)")
    assert all(each.location.uri == uri and each.message for each in found.related_information)
    assert range_of(SAVED, "torch.exp(x)") in [each.location.range for each in found.related_information]


HELPER = "import torch\n\n\ndef scale(t):\n    return t.mul_(2)\n"
CALLER = """\
import torch
from helper import scale


def f(x):
    y = torch.exp(x)
    scale(y)
    return y.sum()


f(torch.ones(3, requires_grad=True)).backward()
"""


async def test_two_files_the_cause_in_an_unsaved_one(editor):
    editor.write("helper.py", HELPER.replace("t.mul_(2)", "t * 2"))
    caller = editor.open("caller.py", editor.write("caller.py", CALLER))
    helper = editor.open("helper.py", HELPER)
    (found,) = await editor.codes(helper, "SL201")
    assert found.range == range_of(HELPER, "t.mul_(2)")
    places = {(each.location.uri, each.location.range.start.line) for each in found.related_information}
    assert (caller, CALLER[: CALLER.index("torch.exp")].count("\n")) in places
    editor.change(caller, CALLER.replace("scale(y)", "scale(x.clone())"))
    await editor.codes(helper)
    await editor.codes(caller)


async def test_callers_that_are_not_open(editor):
    editor.write("statelint.toml", "")
    editor.write("caller.py", CALLER)
    helper = editor.open("helper.py", editor.write("helper.py", HELPER))
    (found,) = await editor.codes(helper, "SL201")
    assert editor.uri("caller.py") in [each.location.uri for each in found.related_information]
    assert editor.uri("caller.py") not in editor.client.diagnostics


async def test_a_syntax_error_in_between(editor):
    uri = editor.open("a.py", KEY_TWICE)
    await editor.codes(uri, "SL602")
    editor.change(uri, KEY_TWICE + "def broken(:\n")
    (found,) = await editor.codes(uri, "SL002")
    assert found.severity == types.DiagnosticSeverity.Error
    assert found.range.start.line == KEY_TWICE.count("\n")
    editor.change(uri, KEY_TWICE)
    await editor.codes(uri, "SL602")


async def test_columns_count_utf16_units(editor):
    text = "import torch\n\n\ndef f(x):\n    y = torch.exp(x)\n    s = '🦊é'; y.mul_(2)\n    return y.sum()\n\n\n"
    text += "f(torch.ones(3, requires_grad=True)).backward()  # 🦊\n"
    uri = editor.open("größe🦊.py", text)
    (found,) = await editor.codes(uri, "SL201")
    assert found.range == range_of(text, "y.mul_(2)")
    actions = await editor.actions(uri, found.range)
    suppressed = editor.apply(next(each for each in actions if each.title.startswith("Suppress")))
    assert "y.mul_(2)  # statelint: ignore[SL201]\n" in suppressed
    editor.change(uri, suppressed)
    await editor.codes(uri)


async def test_a_latin_1_file_has_its_own_encoding(editor):
    text = "# -*- coding: latin-1 -*-\nname = 'größe'; x = 1  # statelint: ignore[SL999]\n"
    uri = editor.open("a.py", text)
    (found,) = await editor.codes(uri, "SL004")
    assert found.range == range_of(text, "SL999")


async def test_a_quick_fix_applied_repairs(editor):
    uri = editor.open("a.py", KEY_TWICE)
    (found,) = await editor.codes(uri, "SL602")
    actions = await editor.actions(uri, found.range, [types.CodeActionKind.QuickFix])
    repair = actions[0]
    assert repair.kind == "quickfix"
    assert repair.is_preferred is False, "the draws change"
    assert list(repair.diagnostics) == [found]
    assert repair.edit.document_changes[0].text_document.version == 1
    fixed = editor.apply(repair)
    assert fixed.count("jax.random.split(key)") == 1
    editor.change(uri, fixed)
    await editor.codes(uri)
    assert not await editor.actions(uri, found.range)


async def test_all_safe_fixes_at_once(editor):
    text = UNUSED + KEY_TWICE + UNUSED.replace("x", "y")
    uri = editor.open("a.py", text)
    found = await editor.codes(uri, "SL003", "SL602", "SL003")
    assert list(found[0].tags) == [types.DiagnosticTag.Unnecessary]
    everything = types.Range(types.Position(0, 0), types.Position(99, 0))
    (action,) = await editor.actions(uri, everything, ["source.fixAll.statelint"])
    assert action.kind == "source.fixAll.statelint"
    assert (await editor.actions(uri, everything, ["source.fixAll"]))[0] == action
    assert not await editor.actions(uri, everything, ["source.organizeImports"])
    fixed = editor.apply(action)
    assert fixed == "x = 1\n" + KEY_TWICE + "y = 1\n"
    editor.change(uri, fixed)
    await editor.codes(uri, "SL602")


async def test_line_ends_and_the_last_line_are_kept(editor):
    text = (UNUSED + "z = 2\n" + UNUSED).replace("\n", "\r\n").removesuffix("\r\n")
    uri = editor.open("a.py", text)
    await editor.codes(uri, "SL003", "SL003")
    everything = types.Range(types.Position(0, 0), types.Position(99, 0))
    (action,) = await editor.actions(uri, everything, ["source.fixAll.statelint"])
    assert editor.apply(action) == "x = 1\r\nz = 2\r\nx = 1"


async def test_hover_on_a_finding_tells_of_the_rule(editor):
    uri = editor.open("a.py", UNUSED)
    (found,) = await editor.codes(uri, "SL003")
    shown = await editor.hover(uri, 0, found.range.start.character + 1)
    assert "unused-suppression" in shown.contents.value
    assert await editor.hover(uri, 0, 0) is None


async def test_hover_on_a_functions_name_tells_its_boundary(editor):
    text = "import torch\n\nscale = []\n\n\nclass Net(torch.nn.Module):\n    def forward(self, größe):\n"
    text += "        scale.append(1)\n        return torch.exp(größe) * self.gain\n"
    uri = editor.open("net.py", text)
    line = text[: text.index("def forward")].count("\n")
    shown = await editor.hover(uri, line, 10)
    assert "F(x, s)" in shown.contents.value
    for each in ("größe", "self.gain", "scale", "torch.exp"):
        assert f"`{each}" in shown.contents.value
    assert (shown.range.start.character, shown.range.end.character) == (8, 15)
    assert await editor.hover(uri, line, 5) is None
    editor.change(uri, text.replace("self.gain", "self.gauge"))
    assert "`self.gauge" in (await editor.hover(uri, line, 10)).contents.value


async def test_links_to_the_rules_page(editor):
    uri = editor.open("a.py", UNUSED)
    (found,) = await editor.codes(uri, "SL003")
    assert found.code_description.href.endswith("SL003-unused-suppression.md")


async def test_the_configuration_is_read_again(editor):
    uri = editor.open("a.py", UNUSED)
    await editor.codes(uri, "SL003")
    editor.write("statelint.toml", 'ignore = ["SL003"]\n')
    change = types.FileEvent(editor.uri("statelint.toml"), types.FileChangeType.Created)
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))
    await editor.codes(uri)
    editor.write("statelint.toml", 'ignroe = ["SL003"]\n')
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))
    await editor.until(lambda: editor.client.messages)
    assert "unknown option `ignroe`" in editor.client.messages[-1].message
    (editor.folder / "statelint.toml").unlink()
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))
    await editor.codes(uri, "SL003")


async def test_options_of_the_editor(editor):
    uri = editor.open("a.py", UNUSED)
    await editor.codes(uri, "SL003")
    editor.client.set_configuration({"options": {"severity": {"SL003": "hint"}}, "debounce": 1}, section="statelint")
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    await editor.until(lambda: editor.client.diagnostics[uri][0].severity == types.DiagnosticSeverity.Hint)
    bad = types.DidChangeConfigurationParams({"statelint": {"debounce": "soon"}})
    editor.client.workspace_did_change_configuration(bad)
    await editor.until(lambda: editor.client.messages)
    assert "debounce" in editor.client.messages[-1].message
    editor.client.set_configuration({"options": {"selct": ["SL6"]}}, section="statelint")
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    await editor.until(lambda: "the editor's options: unknown option `selct`" in editor.client.messages[-1].message)


async def test_what_is_not_the_users_python_is_let_be(editor):
    library = editor.folder / "site-packages"
    library.mkdir()
    editor.write("statelint.toml", 'extend-exclude = ["left_out.py"]\n')
    names = ["left_out.py", "site-packages/lib.py", "git:/a.py", "notes.txt", "book.ipynb"]
    uris = [editor.open(each, UNUSED, "python" if each.endswith(".py") else "text") for each in names]
    new = editor.open("untitled:Untitled-1", UNUSED)
    await editor.codes(new, "SL003")
    assert all(not editor.client.diagnostics.get(each) for each in uris)


async def test_code_that_is_linted_is_never_run(editor):
    trap = f"open({str(editor.folder / 'ran')!r}, 'w')\nraise SystemExit\n"
    editor.write("conftest.py", trap)
    editor.write("torch.py", trap)
    uri = editor.open("a.py", trap + SAVED + "import conftest  # statelint: ignore[SL999]\n")
    await editor.until(lambda: any(each.code == "SL004" for each in editor.client.diagnostics.get(uri, [])))
    await editor.hover(uri, 5, 5)
    assert not (editor.folder / "ran").exists()


async def test_many_changes_end_in_the_last_state(editor):
    uri = editor.open("a.py", KEY_TWICE)
    for number in range(40):
        editor.change(uri, KEY_TWICE + f"# {number}\n" * number + ("def (\n" if number % 2 else ""))
    editor.change(uri, UNUSED)
    await editor.codes(uri, "SL003")
