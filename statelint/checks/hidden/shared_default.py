"""SL103: a mutable default argument or class attribute is shared by all calls or instances, and changed."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import FunctionFacts, Key, Link
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL103"
_MEANT = (
    "cache",
    "registry",
    "registered",
    "memo",
    "instances",
    "lock",
    "handlers",
    "hooks",
    "plugins",
    "counter",
    "global",
    "shared",
)


def check(program: Program) -> Iterable[Draft]:
    """Defaults that are changed in the function or as the attribute they become; class attributes changed through
    ``self``.
    """
    for info, fact in program.evidence("shared_default"):
        form, name, what = fact.detail("form"), fact.detail("name"), fact.detail("what")
        if form == "argument":
            if _meant(name):
                continue
            message = f"The default of `{name}` is one {what} for all calls, and it is changed: later calls see it"
            help = f"Use `None` as the default and make a new {what} in the function."
            yield draft(program, CODE, info, fact.at, message, help, fact.doubt, fact.steps)
        elif form == "kept":
            step = _changed(program, info, fact.detail("attribute"))
            if step is not None and not _meant(name):
                message = (
                    f"The default of `{name}` is one {what} for all instances, and it is changed as "
                    f"`self.{fact.detail('attribute')}`"
                )
                help = f"Use `None` as the default and make a new {what} in the function."
                yield draft(program, CODE, info, fact.at, message, help, fact.doubt, (*fact.steps, step))
        elif form == "class":
            attribute = fact.detail("attribute")
            owner = info.qualname.removesuffix(".<body>")
            if attribute.isupper() or _meant(attribute) or _assigned(program, (info.module, owner), attribute):
                continue
            step = _changed(program, info, attribute, owner)
            if step is not None:
                message = (
                    f"`{attribute}` is one {what} for all instances of `{owner}`, and methods change it through `self`"
                )
                help = f"Make a new {what} for each instance in `__init__` (or by a factory of the field)."
                yield draft(program, CODE, info, fact.at, message, help, fact.doubt, (step,))


def _meant(name: str) -> bool:
    return any(word in name.lower() for word in _MEANT)


def _assigned(program: Program, owner: Key, attribute: str) -> bool:
    """Whether instances get an object of their own."""
    return any(attribute in program.classes[key].stores for key in program.family(owner) if key in program.classes)


def _changed(program: Program, info: FunctionFacts, attribute: str, owner: str = "") -> Link | None:
    """A method other than a class method that changes the contents of the attribute."""
    for key in program.family((info.module, owner or info.owner)):
        for writer, write in program.writes.get(("attribute", key, attribute), ()):
            if write.how in ("call", "item", "array", "augmented") and not {"classmethod", "staticmethod"} & set(
                writer.decorators
            ):
                return Link(writer.module, write.at, f"`{write.op}` changes it")
    return None
