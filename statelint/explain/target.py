"""What ``FILE::QUALNAME`` means, and what is near when it means nothing."""

from __future__ import annotations

import difflib
import os

from statelint.explain.session import NotFoundError, Session

_PYTHON = (".py", ".pyi", ".ipynb")


def split_target(target: str) -> tuple[str, str]:
    """The path and the qualified name (empty: all of it); ``::`` may also stand between a class and its method."""
    path, _, rest = target.partition("::")
    return path, rest.replace("::", ".")


def check_file(path: str) -> None:
    """Raise `NotFoundError` if there is no such file, naming files like it."""
    if os.path.isfile(path):
        return
    if os.path.isdir(path):
        raise NotFoundError(f"{path} is a folder; give a file: {path.rstrip('/')}/FILE.py::FUNCTION")
    folder, name = os.path.split(path)
    while folder and not os.path.isdir(folder):
        folder, name = os.path.split(folder)
    try:
        there = [
            each for each in sorted(os.listdir(folder or ".")) if each.endswith(_PYTHON) or _is_folder(folder, each)
        ]
    except OSError:
        there = []
    close = [os.path.join(folder, each) for each in difflib.get_close_matches(name, there, 3, 0.5)]
    raise NotFoundError(f"no such file: {path}" + _hint(close))


def _is_folder(folder: str, name: str) -> bool:
    return os.path.isdir(os.path.join(folder, name))


def functions_of(session: Session, module: str) -> list[str]:
    """The qualified names of a module's functions in source order, lambdas left out."""
    ir = session.ir(module)
    assert ir is not None
    found = [fn for fn in ir.functions.values() if fn.kind == "function"]
    return [fn.qualname for fn in sorted(found, key=lambda fn: fn.at)]


def find_function(session: Session, module: str, name: str) -> str:
    """The function that a user's name means: its qualified name, with or without ``<locals>``.

    `NotFoundError` names the nearest ones if there is none.
    """
    ir = session.ir(module)
    assert ir is not None
    if name == "<module>" or (name in ir.functions and ir.functions[name].kind in ("function", "lambda")):
        return name
    names = functions_of(session, module)
    short = {each.replace(".<locals>", ""): each for each in names}
    if name in short:
        return short[name]
    path = ir.path
    if name in ir.classes:
        methods = [each for each in names if each.startswith(f"{name}.")]
        raise NotFoundError(f"{path}: `{name}` is a class; name one of its methods" + _list(methods))
    if not names:
        raise NotFoundError(f"{path} has no function `{name}`: it defines none")
    tail = name.rpartition(".")[2]
    close = [each for each in names if each.rpartition(".")[2] == tail]
    close += difflib.get_close_matches(name, names, 1, 0.85) or difflib.get_close_matches(name, names, 3, 0.5)
    tails = {each.rpartition(".")[2]: each for each in reversed(names)}
    close += [tails[each] for each in difflib.get_close_matches(tail, tails, 3, 0.6)]
    raise NotFoundError(f"{path} has no function `{name}`" + (_hint(list(dict.fromkeys(close))[:4]) or _list(names)))


def _hint(close: list[str]) -> str:
    return f"; did you mean {' or '.join(f'`{each}`' for each in close)}?" if close else ""


def _list(names: list[str]) -> str:
    shown = ", ".join(f"`{each}`" for each in names[:8])
    return f": {shown}{', ...' if len(names) > 8 else ''}" if names else ""
