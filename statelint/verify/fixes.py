"""Runs each function that fixes have changed, as it is on disk and as it would be, before anything is written."""

from __future__ import annotations

import ast
import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping

import msgspec

from statelint.verify.records import Limits, Verdict
from statelint.verify.target import TargetError, look
from statelint.verify.verdict import verify

_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Verified(msgspec.Struct, frozen=True):
    """What was found about one fixed function: its file, its name, both verdicts, the reasons of the later one.

    ``verdict`` is empty where it could not be run: there is no example of its arguments, or it can't be called.
    """

    path: str
    function: str
    verdict: Verdict | None
    before: Verdict | None = None
    because: str = ""


def verify_changes(
    changes: Mapping[str, tuple[bytes, bytes]], limits: Limits, seed: int, known: dict[tuple[str, ...], Verified]
) -> list[Verified]:
    """Verify what differs between the bytes before and after of each file, by its absolute path.

    All files are seen as they would be together. ``known`` keeps the answers about functions that have not changed
    since.
    """
    found: list[Verified] = []
    for path, (before, after) in sorted(changes.items()):
        if not path.endswith(".py"):
            found.append(Verified(path, "", None, because="only files that end in .py are run"))
            continue
        for name, texts in changed_functions(before, after).items():
            key = (path, name, *texts)
            if key not in known:
                known[key] = _verified(path, name, changes, limits, seed)
            found.append(known[key])
    return found


def changed_functions(before: bytes, after: bytes) -> dict[str, tuple[str, str]]:
    """Functions and methods whose text differs, with both texts. Those that are new or gone have no counterpart."""
    old, new = _functions(before), _functions(after)
    return {name: (old[name], text) for name, text in new.items() if name in old and old[name] != text}


def _functions(data: bytes) -> dict[str, str]:
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found: dict[str, str] = {}
    waiting: list[tuple[str, ast.stmt]] = [("", node) for node in tree.body]
    while waiting:
        prefix, node = waiting.pop()
        if isinstance(node, _Function):
            found[prefix + node.name] = ast.dump(node)
        elif isinstance(node, ast.ClassDef):
            waiting.extend((f"{prefix}{node.name}.", each) for each in node.body)
        elif isinstance(node, ast.If | ast.Try | ast.With):
            waiting.extend((prefix, each) for each in node.body)
    return dict(sorted(found.items()))


def _verified(path: str, name: str, changes: Mapping[str, tuple[bytes, bytes]], limits: Limits, seed: int) -> Verified:
    if name.rpartition(".")[2] == "__init__":
        return Verified(path, name, None, because="a constructor is seen through the methods of its class")
    try:
        old = look(f"{path}::{name}")
    except TargetError as problem:
        return Verified(path, name, None, because=str(problem))
    try:
        with _overlay(old.root, {each: after for each, (_, after) in changes.items()}) as root:
            moved = os.path.join(root, os.path.relpath(old.path, old.root))
            new = msgspec.structs.replace(old, path=moved, root=root)
            report = verify([old, new], limits, seed)
    except OSError as error:
        return Verified(path, name, None, because=f"its new text has no place to run: {error.strerror}")
    first, second = report.functions
    if all(run.unusable for run in second.runs):
        return Verified(path, name, None, because=second.because[0] if second.because else "")
    return Verified(path, name, second.verdict, first.verdict, second.because[0] if second.because else "")


@contextlib.contextmanager
def _overlay(root: str, files: Mapping[str, bytes]) -> Iterator[str]:
    """A folder that shows what ``root`` holds, by links, with other content in some files."""
    with tempfile.TemporaryDirectory(prefix="statelint-") as folder:
        folder = os.path.realpath(folder)
        inside = {os.path.relpath(path, root): data for path, data in files.items() if _within(path, root)}
        made = {""}
        for name in inside:
            parent = os.path.dirname(name)
            while parent not in made:
                made.add(parent)
                parent = os.path.dirname(parent)
        for part in sorted(made):
            os.makedirs(os.path.join(folder, part), exist_ok=True)
            for entry in os.listdir(os.path.join(root, part)):
                name = os.path.join(part, entry)
                if name not in made and name not in inside:
                    os.symlink(os.path.join(root, name), os.path.join(folder, name))
        for name, data in inside.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        yield folder


def _within(path: str, root: str) -> bool:
    return os.path.abspath(path).startswith(os.path.join(root, ""))
