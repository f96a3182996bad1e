"""What no well-behaved client sends, and how the server ends."""

import asyncio
import json
import subprocess
import sys

import pytest
from lsprotocol import types

from lsp.conftest import COMMAND, ENVIRONMENT, Editor, capabilities, pytest_lsp, range_of

SAVED = "import torch\ndef f(x):\n    s = '🦊'; y = torch.exp(x)\n    t = '🦊'; y.mul_(2)\n    return y.sum()\n"
SAVED += "f(torch.ones(3, requires_grad=True)).backward()\n"


def message(**content):
    body = json.dumps({"jsonrpc": "2.0", **content}).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def raw(data):
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def initialize(folder):
    return message(
        id=1, method="initialize", params={"processId": None, "rootUri": folder.as_uri(), "capabilities": {}}
    )


def converse(data, cwd):
    done = subprocess.run([*COMMAND, "server"], input=data, capture_output=True, cwd=cwd, env=ENVIRONMENT, timeout=60)
    return done.returncode, done.stdout, done.stderr.decode()


def test_bad_messages_do_not_stop_it(tmp_path):
    uri = (tmp_path / "a.py").as_uri()
    document = {"uri": uri, "languageId": "python", "version": 1, "text": "x = 1  # statelint: ignore[SL999]\n"}
    data = initialize(tmp_path) + message(method="initialized", params={})
    data += raw(b"{no json") + raw(b"\xff\xfe") + raw([1, 2]) + raw({"jsonrpc": "2.0"})
    data += message(id=2, method="no/such/method", params={}) + message(method="textDocument/didOpen", params={})
    data += message(id=3, method="textDocument/hover", params={"textDocument": 7})
    data += message(method="textDocument/didOpen", params={"textDocument": {**document, "uri": "::not a uri::"}})
    data += message(method="textDocument/didOpen", params={"textDocument": {**document, "text": "\0\ud83d" * 9}})
    data += message(method="textDocument/didOpen", params={"textDocument": document})
    outside = {"textDocument": {"uri": uri}, "position": {"line": 10**6, "character": 10**6}}
    data += message(id=4, method="textDocument/hover", params=outside)
    data += message(id=5, method="textDocument/hover", params={**outside, "textDocument": {"uri": "file:///nowhere"}})
    data += message(id=6, method="shutdown") + message(method="exit")
    code, out, _ = converse(data, tmp_path)
    assert code == 0
    for number in (1, 2, 4, 5, 6):  # pygls answers nothing to 3, whose parameters it can't read
        assert b'"id": %d' % number in out or b'"id":%d' % number in out, number


def test_standard_output_is_the_protocols_alone(tmp_path):
    code, out, _ = converse(initialize(tmp_path) + message(id=2, method="shutdown") + message(method="exit"), tmp_path)
    assert code == 0
    assert out.startswith(b"Content-")
    assert b"codeActionProvider" in out


def test_a_client_that_vanishes_ends_it(tmp_path):
    code, _, errors = converse(initialize(tmp_path), tmp_path)
    assert code in (0, 1)
    assert "Traceback" not in errors


def test_exit_ends_it_while_the_pipe_stays_open(tmp_path):
    with subprocess.Popen(
        [*COMMAND, "server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path, env=ENVIRONMENT
    ) as process:
        process.stdin.write(initialize(tmp_path) + message(id=2, method="shutdown") + message(method="exit"))
        process.stdin.flush()
        try:
            assert process.wait(30) == 0
        finally:
            process.kill()


def test_without_its_packages_it_says_what_to_install(tmp_path):
    script = (
        "import sys, importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'pygls' else find(name, *a)\n"
        "from statelint.cli.main import main\nsys.exit(main(['server']))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, env=ENVIRONMENT, cwd=tmp_path, text=True)
    assert done.returncode == 2
    assert 'pip install ".[lsp]"' in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.asyncio
@pytest.mark.parametrize(("wish", "codec", "size"), [("utf-8", "utf-8", 1), ("utf-32", "utf-32-le", 4)])
async def test_other_position_encodings(tmp_path, wish, codec, size):
    client = await pytest_lsp.ClientServerConfig([*COMMAND, "server"], server_env=ENVIRONMENT).start()
    result = await client.initialize_session(
        types.InitializeParams(capabilities=capabilities([wish]), root_uri=tmp_path.as_uri())
    )
    assert result.capabilities.position_encoding == wish
    editor = Editor(client, tmp_path)
    uri = editor.open("a.py", SAVED)
    (found,) = await editor.codes(uri, "SL201")
    assert found.range == range_of(SAVED, "y.mul_(2)", codec, size)
    related = [each.location.range for each in found.related_information]
    assert range_of(SAVED, "torch.exp(x)", codec, size) in related
    await client.shutdown_session()
    await client.stop()


@pytest.mark.asyncio
async def test_a_client_that_can_do_little(tmp_path):
    client = await pytest_lsp.ClientServerConfig([*COMMAND, "server"], server_env=ENVIRONMENT).start()
    await client.initialize_session(types.InitializeParams(capabilities=capabilities(full=False)))
    editor = Editor(client, tmp_path)
    uri = editor.open("a.py", SAVED + "x = 1  # statelint: ignore[SL101]\n")
    found = await editor.codes(uri, "SL201", "SL003")
    assert found[0].related_information is None
    assert found[1].code_description is None
    assert found[1].tags is None
    everything = types.Range(types.Position(0, 0), types.Position(99, 0))
    (action,) = await editor.actions(uri, everything, ["source.fixAll.statelint"])
    assert list(action.edit.changes) == [uri]
    await client.shutdown_session()
    await asyncio.wait_for(client.stop(), 30)
