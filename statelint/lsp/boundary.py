"""A function's boundary for a hover: what ``statelint explain`` says, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from statelint.explain import Boundary, Member, NotFoundError, Saved, Session, explain, find_function, require
from statelint.lsp.linting import Linted
from statelint.source import SourceFile

_MOST = 12
"""Rows of a section; what is longer is for the terminal."""
_MARKS = {
    "visible differentiable": "●",
    "visible non-differentiable": "○",
    "hidden mutable": "▲",
    "external": "■",
}


def boundary_text(linted: Linted, qualname: str) -> str:
    """Return the boundary of a function of a document; empty if there is none to tell of."""
    known = linted.project.modules.values()
    files = [SourceFile(each.path, each.absolute, data=each.data) for each in known]
    session = Session(files, linted.project.settings)
    try:
        module = require(session, linted.document.path)
        boundary = explain(session, module, find_function(session, module, qualname))
    except NotFoundError:
        return ""
    return "" if boundary is None else _markdown(boundary)


def _markdown(boundary: Boundary) -> str:
    parts = [f"```python\n{boundary.signature}\n```", f"`{boundary.formula}`"]
    if boundary.regions:
        parts.append(f"Differentiated: {'; '.join(boundary.regions)}.")
    sections: tuple[tuple[str, Iterable[str]], ...] = (
        ("x, inputs", map(_member, boundary.x)),
        ("s, state that is read", map(_member, boundary.s)),
        ("y, result", map(_member, boundary.y)),
        ("s', state that is written", map(_member, boundary.s_prime)),
        ("random draws", map(_member, boundary.draws)),
        ("the outside world", map(_member, boundary.externals)),
        ("saved for the backward pass", map(_saved, boundary.saved)),
    )
    for title, rows in sections:
        listed = list(dict.fromkeys(rows))
        if listed:
            parts.append(f"**{title}**\n\n" + "\n".join(_shortened(listed)))
    if not boundary.complete:
        parts.append("The analysis ran out of its budget: there may be more.")
    parts.append("● differentiable, ○ not, ▲ hidden, ■ from outside")
    return "\n\n".join(parts)


def _member(member: Member) -> str:
    kind = f" {member.type}" if member.type else ""
    return f"- {_MARKS[member.class_]} `{member.name}`{kind}: {member.why}"


def _saved(saved: Saved) -> str:
    written = f", **overwritten in line {saved.overwritten[0].line}**" if saved.overwritten else ""
    return f"- {_MARKS[saved.class_]} `{saved.name}`: {saved.what} of `{saved.by}`{written}"


def _shortened(rows: Sequence[str]) -> list[str]:
    if len(rows) <= _MOST:
        return list(rows)
    return [*rows[: _MOST - 1], f"- and {len(rows) - _MOST + 1} more"]
