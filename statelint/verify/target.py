"""Finding a function, its example comments and its framework by reading the file, without running it."""

from __future__ import annotations

import ast
import io
import os
import re
import tokenize

from statelint.explain import NotFoundError, check_file, split_target
from statelint.verify.records import Target


class TargetError(Exception):
    """What was asked for can't be run; the message says what to do instead."""


_EXAMPLE = re.compile(r"#\s*statelint\s*:\s*example\s*=\s*(?P<text>.*)", re.DOTALL)
_FRAMEWORKS = {
    **dict.fromkeys(("torch", "torchvision", "lightning", "pytorch_lightning"), "torch"),
    **dict.fromkeys(("jax", "flax", "optax", "equinox", "haiku", "chex"), "jax"),
    "autograd": "autograd",
    **dict.fromkeys(("tensorflow", "keras"), "tensorflow"),
}
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_NEAR = 3


def look(shown: str, example: str = "", init: str = "") -> Target:
    """Find ``FILE::FUNC``. The texts of ``example`` and ``init`` go before those of comments.

    Raises:
        TargetError: if there is no such file or function, or it can't be called from outside.
    """
    path, name = split_target(shown)
    try:
        check_file(path)
    except NotFoundError as problem:
        raise TargetError(str(problem)) from None
    if not path.endswith(".py"):
        raise TargetError(f"{path}: verify runs files that end in .py")
    tree, text = _parsed(path)
    if not name:
        raise TargetError(f"name a function: {path}::FUNCTION" + _offer(tree))
    owner, node = _find(tree, name, path)
    comments = _comments(text)
    found = _example(comments, text, node) if isinstance(node, _Function) else ("", 0)
    if isinstance(node, ast.ClassDef):
        owner, call = node, _member(node, "forward") or _member(node, "__call__")
        found = _example(comments, text, call) if call else found
    if owner is not None and not init:
        made = _member(owner, "__init__")
        init = (_example(comments, text, made)[0] if made else "") or _example(comments, text, owner)[0]
    root, module = _place(path)
    return Target(
        shown=shown,
        path=os.path.abspath(path),
        root=root,
        module=module,
        name=name,
        framework=_framework(tree, root, {os.path.abspath(path)}),
        line=getattr(node, "lineno", 1),
        example=example or found[0],
        example_line=0 if example else found[1],
        init=init,
    )


def _parsed(path: str) -> tuple[ast.Module, str]:
    try:
        with open(path, "rb") as file:
            data = file.read()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
        return ast.parse(data, path), text
    except (SyntaxError, ValueError, LookupError) as error:
        raise TargetError(f"{path} can't be run: {error}") from None
    except OSError as error:
        raise TargetError(f"{path} can't be read: {error.strerror}") from None


def _find(tree: ast.Module, name: str, path: str) -> tuple[ast.ClassDef | None, ast.stmt | None]:
    """The class around a name and the statement that defines it: None for a member that the class inherits."""
    body: list[ast.stmt] = tree.body
    owner: ast.ClassDef | None = None
    parts = name.split(".")
    for k, part in enumerate(parts):
        found = _definition(body, part)
        if found is None:
            if owner is not None and owner.bases and k == len(parts) - 1:
                return owner, None
            if k == 0 and len(parts) == 1 and _assigned(body, part):
                return None, None
            raise TargetError(f"{path} has no function `{name}`" + _offer(tree, name))
        if k == len(parts) - 1:
            return owner, found
        if not isinstance(found, ast.ClassDef):
            raise TargetError(
                f"`{name}` is defined inside the function `{part}` and can't be called from outside;"
                f" name a function that calls it: {path}::{'.'.join(parts[: k + 1])}"
            )
        owner, body = found, found.body
    raise AssertionError("a name has parts")


def _definition(body: list[ast.stmt], name: str) -> _Function | ast.ClassDef | None:
    """The last definition of a name, under ``if`` and ``try``, too."""
    found = None
    for each in body:
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and each.name == name:
            found = each
        elif isinstance(each, (ast.If, ast.Try, ast.With)):
            for part in (each.body, getattr(each, "orelse", []), getattr(each, "finalbody", [])):
                found = _definition(part, name) or found
    return found


def _assigned(body: list[ast.stmt], name: str) -> bool:
    """Is the name bound by an assignment or an import (``step = jax.jit(_step)``)?"""
    for each in body:
        if isinstance(each, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in each.targets):
            return True
        if isinstance(each, (ast.Import, ast.ImportFrom)) and any((a.asname or a.name) == name for a in each.names):
            return True
    return False


def _member(owner: ast.ClassDef, name: str) -> _Function | None:
    found = _definition(owner.body, name)
    return found if isinstance(found, _Function) else None


def _offer(tree: ast.Module, name: str = "") -> str:
    import difflib

    names: list[str] = []
    for each in tree.body:
        if isinstance(each, _Function):
            names.append(each.name)
        elif isinstance(each, ast.ClassDef):
            names += [f"{each.name}.{part.name}" for part in each.body if isinstance(part, _Function)]
    if not names:
        return "; it defines none"
    if not name:
        return f"; it has {', '.join(f'`{n}`' for n in names[:8])}"
    tails = {n.rpartition(".")[2]: n for n in reversed(names)}
    close = difflib.get_close_matches(name, names, _NEAR, 0.5)
    close += [tails[t] for t in difflib.get_close_matches(name.rpartition(".")[2], tails, _NEAR, 0.6)]
    close = list(dict.fromkeys(close))[:_NEAR]
    if close:
        return f"; did you mean {' or '.join(f'`{c}`' for c in close)}?"
    return f"; it has {', '.join(f'`{n}`' for n in names[:8])}"


def _comments(text: str) -> dict[int, tuple[str, bool]]:
    """Comments by line, with whether they stand alone on it."""
    out: dict[int, tuple[str, bool]] = {}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            out[token.start[0]] = (token.string, not token.line[: token.start[1]].strip())
    return out


def _example(comments: dict[int, tuple[str, bool]], text: str, node: _Function | ast.ClassDef) -> tuple[str, int]:
    """The example of a definition, in its head or on the lines right above it; and its line."""
    top = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    while top - 1 in comments and comments[top - 1][1]:
        top -= 1
    last = max(node.lineno, node.body[0].lineno - 1)
    for line in range(top, last + 1):
        match = _EXAMPLE.search(comments.get(line, ("", False))[0])
        if match is None:
            continue
        found, following = match.group("text").strip(), line + 1
        while not _is_call(found) and comments.get(following, ("", False))[1]:
            found += "\n" + comments[following][0].lstrip("#").strip()
            following += 1
        if not _is_call(found):
            raise TargetError(f"line {line}: the example is not a Python expression: {match.group('text').strip()}")
        return found, line
    return "", 0


def _is_call(text: str) -> bool:
    return as_call(text) is not None


def as_call(text: str) -> str | None:
    """An example as a call of ``_``: ``(1, k=2)`` is a list of arguments, anything else is the only argument."""
    for candidate, listed in ((f"_{text}", True), (f"_(\n{text}\n)", False)):
        try:
            tree = ast.parse(candidate, mode="eval").body
        except (SyntaxError, ValueError):
            continue
        if not listed or (isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == "_"):
            return candidate
    return None


def _place(path: str) -> tuple[str, str]:
    """The folder to import from, and the module's dotted name there."""
    folder, file = os.path.split(os.path.abspath(path))
    parts = [] if file == "__init__.py" else [file.removesuffix(".py")]
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, name = os.path.split(folder)
        parts.insert(0, name)
    return folder, ".".join(parts)


def _framework(tree: ast.Module, root: str, seen: set[str]) -> str:
    """The framework that the file imports, or one of the user's modules that it imports."""
    local: list[str] = []
    for each in ast.walk(tree):
        if isinstance(each, ast.Import):
            names = [alias.name for alias in each.names]
        elif isinstance(each, ast.ImportFrom):
            names = [each.module or ""] if not each.level else []
        else:
            continue
        for name in names:
            found = _FRAMEWORKS.get(name.partition(".")[0])
            if found:
                return found
            local.append(name)
    for name in local:
        base = os.path.join(root, *name.split("."))
        for path in (base + ".py", os.path.join(base, "__init__.py")):
            if path in seen or not os.path.isfile(path):
                continue
            seen.add(path)
            try:
                found = _framework(_parsed(path)[0], root, seen)
            except TargetError:
                continue
            if found != "numpy":
                return found
    return "numpy"
