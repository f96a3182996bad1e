"""The server's side of the protocol: when to lint, what to send, how to answer."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from statelint import __version__
from statelint.lsp import actions
from statelint.lsp.documents import Document, path_of
from statelint.lsp.hover import hover
from statelint.lsp.linting import Job, Linted, Result, fitted, lint
from statelint.lsp.options import SECTION, ServerOptions, read_options

_STACK = 64 * 1024 * 1024
"""Deeply nested source needs more of the C stack than a thread gets by default."""
_WATCHED = ("**/statelint.toml", "**/.statelint.toml", "**/pyproject.toml", "**/.gitignore", "**/*.py")
_EXPECTED = ("CatalogueError", "ConfigError", "ModelError", "ValueError")
_log = logging.getLogger("statelint")
T = TypeVar("T")


class Server(LanguageServer):
    """Holds the open documents, what the last lint said of them, and a timer for each that changed."""

    def __init__(self) -> None:
        sync = types.TextDocumentSyncKind.Full  # a lint reads all of the text; positions inside edits can't go astray
        super().__init__("statelint", __version__, text_document_sync_kind=sync, max_workers=2)
        self.options = ServerOptions()
        self.documents: dict[str, Document] = {}
        self._results: dict[str, Linted] = {}
        self._published: dict[str, list[types.Diagnostic]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._told: set[str] = set()
        self._stale = True
        self._lock = asyncio.Lock()
        self._worker = _worker()

    # -- documents ---------------------------------------------------------------------------------------------------

    @property
    def folder(self) -> str:
        """The workspace's first folder."""
        path = self.workspace.root_path
        if not path:
            folders = [path_of(each.uri, os.getcwd()) for each in self.workspace.folders.values()]
            path = next((each for each in folders if each), None)
        return path or os.getcwd()

    def take(self, uri: str, delay: float, language: str | None = None) -> None:
        """Take a document's new state, and lint after ``delay`` seconds in which nothing else is done to it."""
        document = self.workspace.get_text_document(uri)
        known = uri in self.documents
        path = path_of(uri, self.folder)
        if path is None or not (known or language == "python" or path.endswith((".py", ".pyi"))):
            return
        self.documents[uri] = Document(uri, path, document.source, document.version)
        self._stale = True
        self.schedule(uri, delay)

    def schedule(self, uri: str, delay: float) -> None:
        """Set a document's timer anew."""
        timer = self._timers.pop(uri, None)
        if timer is not None:
            timer.cancel()
        self._timers[uri] = asyncio.get_running_loop().call_later(delay, self._due, uri)

    def forget(self, uri: str) -> None:
        """Drop a closed document, and lint the others: what it held unsaved is gone."""
        timer = self._timers.pop(uri, None)
        if timer is not None:
            timer.cancel()
        self.documents.pop(uri, None)
        self._results.pop(uri, None)
        if self._published.pop(uri, None):
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
        self.invalidate()

    def invalidate(self) -> None:
        """Lint everything again soon: something outside of the buffers changed."""
        self._stale = True
        for uri in self.documents:
            self.schedule(uri, self.options.delay)

    def _due(self, uri: str) -> None:
        self._timers.pop(uri, None)
        self.spawn(self._refresh_and_publish())

    def spawn(self, work: Any) -> None:
        """Run a coroutine beside the messages; what goes wrong in it is logged."""
        task: asyncio.Task[None] = asyncio.ensure_future(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Any) -> None:
        try:
            await work
        except Exception as error:
            self.tell(error)

    async def answered(self, work: Awaitable[T], otherwise: T) -> T:
        """Return the answer to a request; if that fails, tell of it once and return another one."""
        try:
            return await work
        except Exception as error:
            self.tell(error)
            return otherwise

    # -- lint --------------------------------------------------------------------------------------------------------

    @property
    def job(self) -> Job:
        """What a lint would be of now."""
        documents = tuple(self.documents[uri] for uri in sorted(self.documents))
        return Job(documents, self.options, self.folder, str(self.workspace.position_encoding or "utf-16"))

    async def work(self, function: Callable[..., T], *arguments: object) -> T:
        """Run a function in the worker's thread: one at a time, beside the messages."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, function, *arguments)

    async def refresh(self) -> None:
        """Bring the results up to the state of the documents."""
        async with self._lock:
            if not self._stale:
                return
            self._stale = False
            job = self.job
            try:
                result: Result = await self.work(lint, job)
            except Exception:
                self._stale = True
                raise
            self._told.clear()
            for each in result.failures:
                self.tell(RuntimeError(each))
            self._results = {uri: each for uri, each in result.files.items() if uri in self.documents}

    async def _refresh_and_publish(self) -> None:
        await self.refresh()
        for uri, linted in self._results.items():
            if self.documents.get(uri) is not linted.document:
                continue  # its timer is running: a lint of the newer text follows
            found = fitted(linted.diagnostics, self.client_capabilities)
            if self._published.get(uri) == found:
                continue
            self._published[uri] = found
            version = linted.document.version
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))

    async def linted(self, uri: str) -> Linted | None:
        """Return what is known of a document as it is now."""
        if uri not in self.documents:
            return None
        known = self._results.get(uri)
        if known is None or known.document is not self.documents[uri]:
            await self.refresh()
            known = self._results.get(uri)
        return known if known is not None and known.document is self.documents.get(uri) else None

    def tell(self, error: Exception) -> None:
        """Tell the user once of what went wrong: in a message if it is theirs to repair, else in the log."""
        text = str(error)
        if text in self._told:
            return
        self._told.add(text)
        if type(error).__name__ in _EXPECTED:
            message = types.ShowMessageParams(types.MessageType.Error, f"statelint: {text}")
            self.window_show_message(message)
            return
        _log.error("internal error", exc_info=error)
        note = f"statelint: internal error: {type(error).__name__}: {text}"
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, note))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log what a client sends wrong; the user can do nothing about it."""
        _log.error("%s: %s", getattr(source, "__name__", source), error)

    # -- options -----------------------------------------------------------------------------------------------------

    def set_options(self, given: object) -> None:
        """Take the editor's options; bad ones are told, and the former stay."""
        try:
            self.options = read_options(given)
        except ValueError as error:
            self.tell(error)
            return
        self.invalidate()

    async def pull_options(self) -> None:
        """Ask the client for its options, if it can be asked."""
        workspace = self.client_capabilities.workspace
        if workspace is None or not workspace.configuration:
            return
        items = [types.ConfigurationItem(section=SECTION)]
        given = await self.workspace_configuration_async(types.ConfigurationParams(items))
        if given and given[0] is not None:
            self.set_options(given[0])

    async def watch(self) -> None:
        """Ask the client to tell of changed configuration files and modules, if it can."""
        workspace = self.client_capabilities.workspace
        watched = workspace.did_change_watched_files if workspace is not None else None
        if watched is None or not watched.dynamic_registration:
            return
        method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(each) for each in _WATCHED])
        registration = types.Registration("statelint-files", method, options)
        await self.client_register_capability_async(types.RegistrationParams([registration]))


def _worker() -> ThreadPoolExecutor:
    before = threading.stack_size(_STACK)
    try:
        worker = ThreadPoolExecutor(1, "lint")
        worker.submit(lambda: None).result()
    finally:
        threading.stack_size(before)
    return worker


def make_server() -> Server:
    """Return a server with all its features."""
    server = Server()

    def feature(name: str, options: object = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return server.feature(name, options)

    @feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.set_options(params.initialization_options)

    @feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        server.spawn(server.watch())
        server.spawn(server.pull_options())

    @feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def opened(params: types.DidOpenTextDocumentParams) -> None:
        server.take(params.text_document.uri, 0, params.text_document.language_id)

    @feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: types.DidChangeTextDocumentParams) -> None:
        server.take(params.text_document.uri, server.options.delay)

    @feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(params: types.DidSaveTextDocumentParams) -> None:
        server.take(params.text_document.uri, 0)

    @feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.forget(params.text_document.uri)

    @feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def configured(params: types.DidChangeConfigurationParams) -> None:
        if params.settings:
            server.set_options(params.settings)
        server.invalidate()
        server.spawn(server.pull_options())

    @feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def files_changed(_: types.DidChangeWatchedFilesParams) -> None:
        server.invalidate()

    @feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def folders_changed(_: types.DidChangeWorkspaceFoldersParams) -> None:
        server.invalidate()

    @feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=list(actions.KINDS)))
    async def code_actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        return await server.answered(_actions(server, params), [])

    @feature(types.TEXT_DOCUMENT_HOVER)
    async def hovered(params: types.HoverParams) -> types.Hover | None:
        return await server.answered(_hover(server, params), None)

    return server


async def _hover(server: Server, params: types.HoverParams) -> types.Hover | None:
    linted = await server.linted(params.text_document.uri)
    return None if linted is None else await server.work(hover, linted, params.position)


async def _actions(server: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    linted = await server.linted(params.text_document.uri)
    if linted is None:
        return []
    workspace = server.client_capabilities.workspace
    edits = workspace.workspace_edit if workspace is not None else None
    versioned = bool(edits is not None and edits.document_changes)
    only = params.context.only
    found: list[types.CodeAction] = []
    if actions.wanted(types.CodeActionKind.QuickFix.value, only):
        found += await server.work(actions.quick_fixes, linted, params.range, versioned)
    if actions.wanted(actions.FIX_ALL, only):
        every = await server.work(actions.fix_all, server.job, linted, versioned)
        found += [every] if every is not None else []
    return _known_diagnostics(found, server)


def _known_diagnostics(found: Iterable[types.CodeAction], server: Server) -> list[types.CodeAction]:
    """Say of which diagnostics an action is in the words in which the client got them."""
    result = list(found)
    for action in result:
        if action.diagnostics:
            action.diagnostics = fitted(action.diagnostics, server.client_capabilities)
    return result


def serve() -> int:
    """Serve standard input and output. What libraries print goes to standard error, out of the protocol's way."""
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR, format="%(levelname)s %(name)s: %(message)s")
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    server = make_server()
    server.start_io(stdin, stdout)
    return 0
