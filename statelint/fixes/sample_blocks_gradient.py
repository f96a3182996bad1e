"""SL604: the sample is drawn along the path of its parameters."""

from __future__ import annotations

import ast

from statelint.findings import Applicability, Draft, Fix
from statelint.fixes._syntax import module_name, syntax
from statelint.source import SourceFile

CODES = ("SL604",)


def fix(draft: Draft, source: SourceFile) -> Fix | None:
    """``d.sample()`` as ``d.rsample()``, ``torch.normal(mean, std)`` as ``mean + std * torch.randn_like(mean)``.

    A gradient flows that did not flow before: unsafe.
    """
    found = syntax(source)
    call = found.at(draft.span, ast.Call) if found is not None else None
    if found is None or call is None or not isinstance(call.func, ast.Attribute):
        return None
    torch = module_name(found.tree, "torch") or ("torch" if "torch" in source.text else "")
    if call.func.attr == "sample" and torch and not module_name(found.tree, "tensorflow"):
        edit = found.replace(call.func, f"{found.text(call.func.value)}.rsample")
        return Fix(Applicability.UNSAFE, "Draw with `rsample`", (edit,))
    match call:
        case ast.Call(func=ast.Attribute(attr="normal"), args=[ast.Name() as mean, std], keywords=[]):
            noise = found.text(std) if isinstance(std, ast.Call | ast.Name | ast.Attribute) else f"({found.text(std)})"
            text = f"({found.text(mean)} + {noise} * {found.text(call.func.value)}.randn_like({found.text(mean)}))"
            return Fix(Applicability.UNSAFE, "Draw along the path of mean and deviation", (found.replace(call, text),))
    return None
