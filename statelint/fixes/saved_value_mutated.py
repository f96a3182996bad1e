"""SL201: the new value goes into a new tensor."""

from __future__ import annotations

import ast

from statelint.findings import Applicability, Draft, Edit, Fix
from statelint.fixes._syntax import Function, Syntax, augmented, bindings, by_confidence, origin, syntax, written
from statelint.source import SourceFile

CODES = ("SL201",)
_METHODS = frozenset(
    """add sub mul div pow clamp clamp_min clamp_max exp log sqrt abs neg sigmoid tanh relu masked_fill masked_scatter
    index_add index_copy index_fill scatter scatter_add floor ceil round reciprocal rsqrt sin cos addcmul addcdiv
    addmm lerp""".split()  # noqa: SIM905
)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """``gate *= 0.5`` as ``gate = gate * 0.5``, ``y.mul_(m)`` as ``y = y.mul(m)``, ``y[i] = 0`` after a ``clone()``.

    Safe where the name was bound to a result of its own and nothing else can hold that; unsafe where it may be the
    caller's or has another name, which would see the write. None under ``no_grad``, where it would leave the graph.
    """
    found = syntax(source)
    if found is None:
        return None
    call = found.at(draft.span, ast.Call)
    if call is not None and any(each.arg == "inplace" for each in call.keywords):
        return _activation(found, call)
    statement = found.statement_at(draft.span)
    function = found.function(statement) if statement is not None else None
    if statement is None or function is None or _under_no_grad(found, statement):
        return None
    name = written(statement)
    edits = _out_of_place(found, statement, name) if name else None
    if edits is None:
        return None
    applicability = _reach(found, function, statement, name)
    if applicability is None:
        return None
    safe = applicability is Applicability.SAFE and by_confidence(draft) is Applicability.SAFE
    return Fix(Applicability.SAFE if safe else Applicability.UNSAFE, f"Give `{name}` a new tensor", edits)


def _out_of_place(found: Syntax, statement: ast.stmt, name: str) -> tuple[Edit, ...] | None:
    match statement:
        case ast.AugAssign(target=ast.Name()):
            whole = augmented(found, statement)
            return (whole,) if whole else None
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(), attr=attr)) as call) if attr[:-1] in _METHODS:
            return found.before(statement, f"{name} = "), found.replace(call.func, f"{name}.{attr[:-1]}")
        case ast.AugAssign(target=ast.Subscript()) | ast.Assign(targets=[ast.Subscript()]):
            edit = found.line_before(statement, f"{name} = {name}.clone()")
            return (edit,) if edit else None
    return None


def _activation(found: Syntax, call: ast.Call) -> Fix | None:
    """``relu(x, inplace=True)`` whose result is used."""
    for keyword in call.keywords:
        constant = isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        if keyword.arg == "inplace" and constant and not isinstance(found.parents.get(call), ast.Expr) and call.args:
            own = isinstance(call.args[0], ast.Call)
            applicability = Applicability.SAFE if own else Applicability.UNSAFE
            return Fix(applicability, "Compute out of place", (found.replace(keyword.value, "False"),))
    return None


def _reach(found: Syntax, function: Function, statement: ast.stmt, name: str) -> Applicability | None:
    """Whether only this name sees the write: safe; none where other code surely has to."""
    places = list(bindings(found, function, name))
    if any(isinstance(node, ast.Global | ast.Nonlocal) for node in places):
        return None
    if any(isinstance(node, ast.arg) for node in places):
        return Applicability.UNSAFE
    plain = [node for node in places if not isinstance(node, ast.AugAssign)]
    if not plain or not all(isinstance(node, ast.Assign) for node in plain):
        return None  # captured from outside, or an element that a loop or an unpacking hands over
    values = [node.value for node in plain if isinstance(node, ast.Assign)]
    if not all(isinstance(value, ast.Call | ast.BinOp | ast.UnaryOp) for value in values):
        return None
    first = origin(found, statement, name)
    shared = any(_shares(found, node) for node in ast.walk(function) if _loads(node, name))
    fresh = first is not None and not (isinstance(first, ast.Call) and _views(first))
    return Applicability.SAFE if fresh and not shared else Applicability.UNSAFE


def _loads(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)


def _shares(found: Syntax, load: ast.AST) -> bool:
    """Whether a use may give the tensor another name: anything but arithmetic and a return."""
    parent = found.parents.get(load)
    if isinstance(parent, ast.Attribute):
        call = found.parents.get(parent)
        if isinstance(call, ast.Call) and call.func is parent:
            return parent.attr in _VIEWS
        return parent.attr not in ("shape", "dtype", "device", "ndim")
    return not isinstance(parent, ast.BinOp | ast.UnaryOp | ast.Compare | ast.Return | ast.AugAssign)


_VIEWS = frozenset(
    """view reshape flatten squeeze unsqueeze transpose permute t expand narrow select detach contiguous to unbind
    split chunk view_as expand_as swapaxes movedim diagonal unfold numpy requires_grad_ float double""".split()  # noqa: SIM905
)


def _views(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in _VIEWS


def _under_no_grad(found: Syntax, statement: ast.stmt) -> bool:
    above = found.parents.get(statement)
    while above is not None:
        modes: list[ast.expr] = []
        if isinstance(above, ast.With | ast.AsyncWith):
            modes = [item.context_expr for item in above.items]
        elif isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef):
            modes = above.decorator_list
        if any("grad" in ast.unparse(mode) or "inference" in ast.unparse(mode) for mode in modes):
            return True
        above = found.parents.get(above)
    return False
