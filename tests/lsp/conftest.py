"""A client, and the installed command as the server, over standard input and output."""

import asyncio
import os
import shutil
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("pygls")
pytest_lsp = pytest.importorskip("pytest_lsp")

from lsprotocol import types  # noqa: E402

ROOT = Path(__file__).parents[2]
INSTALLED = shutil.which("statelint", path=os.path.dirname(sys.executable))
COMMAND = [INSTALLED] if INSTALLED else [sys.executable, "-m", "statelint"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
PATIENCE = 30


def capabilities(encodings=None, full=True):
    """What a modern editor can do; ``full=False``: next to nothing."""
    if not full:
        return types.ClientCapabilities()
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=encodings),
        workspace=types.WorkspaceClientCapabilities(
            configuration=True,
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
        ),
        text_document=types.TextDocumentClientCapabilities(
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(
                related_information=True,
                code_description_support=True,
                data_support=True,
                tag_support=types.ClientDiagnosticsTagOptions([types.DiagnosticTag.Unnecessary]),
            )
        ),
    )


class Editor:
    """What an editor does with its documents, in a workspace folder."""

    def __init__(self, client, folder):
        self.client = client
        self.folder = folder
        self.texts = {}
        self.versions = {}

    def uri(self, name):
        return (self.folder / name).as_uri()

    def write(self, name, text):
        (self.folder / name).write_bytes(text.encode())
        return text

    def open(self, name, text, language="python"):
        uri = name if ":" in name else self.uri(name)
        self.texts[uri], self.versions[uri] = text, 1
        item = types.TextDocumentItem(uri, language, 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri, text):
        self.versions[uri] += 1
        self.texts[uri] = text
        document = types.VersionedTextDocumentIdentifier(uri=uri, version=self.versions[uri])
        whole = types.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [whole]))

    def save(self, uri):
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))

    def close(self, uri):
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    async def until(self, condition):
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, (self.client.diagnostics, self.client.messages)
            await asyncio.sleep(0.01)

    async def codes(self, uri, *expected):
        """Wait for diagnostics of exactly these codes, and return them."""
        sent = self.client.diagnostics
        await self.until(lambda: uri in sent and [each.code for each in sent[uri]] == list(expected))
        return self.client.diagnostics[uri]

    async def actions(self, uri, range, only=None):
        context = types.CodeActionContext(diagnostics=[], only=only)
        parameters = types.CodeActionParams(types.TextDocumentIdentifier(uri), range, context)
        return await self.client.text_document_code_action_async(parameters)

    async def hover(self, uri, line, character):
        parameters = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(line, character))
        return await self.client.text_document_hover_async(parameters)

    def apply(self, action):
        """Apply an action's edits as the protocol defines them, in UTF-16 units; return the new text."""
        (uri,) = {each.text_document.uri for each in action.edit.document_changes}
        lines = [*self.texts[uri].splitlines(keepends=True), ""]

        def offset(position):
            before = sum(len(each) for each in lines[: position.line])
            part = lines[position.line].encode("utf-16-le")[: 2 * position.character]
            return before + len(part.decode("utf-16-le"))

        text = self.texts[uri]
        edits = [edit for change in action.edit.document_changes for edit in change.edits]
        for edit in sorted(edits, key=lambda each: offset(each.range.start), reverse=True):
            text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
        return text


@pytest_lsp.fixture(config=pytest_lsp.ClientServerConfig([*COMMAND, "server"], server_env=ENVIRONMENT))
async def editor_client(lsp_client: pytest_lsp.LanguageClient, tmp_path):
    await lsp_client.initialize_session(
        types.InitializeParams(
            capabilities=capabilities(),
            workspace_folders=[types.WorkspaceFolder(tmp_path.as_uri(), "test")],
            initialization_options={"debounce": 20},
        )
    )
    yield
    await lsp_client.shutdown_session()


@pytest.fixture
def editor(editor_client, tmp_path):
    return Editor(editor_client, tmp_path)


def range_of(text, part, encoding="utf-16-le", size=2):
    """Return the range of the first occurrence of a part of a text, in a client's units."""
    start = text.index(part)

    def position(offset):
        line = text.count("\n", 0, offset)
        before = text[text.rfind("\n", 0, offset) + 1 : offset]
        return types.Position(line, len(before.encode(encoding)) // size)

    return types.Range(position(start), position(start + len(part)))
