"""The facts of one third-party file, read off astroid's tree. The only module that loads astroid.

astroid builds the tree from text. Its inference is left off: it would look modules up on statelint's own import path,
may import extension modules, and has no limit. Names are followed by `ThirdParty`, on the linted code's search path.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Literal

from statelint.resolve.facts import ClassFact, FileFact, Method, Target

if TYPE_CHECKING:
    from astroid import nodes  # type: ignore[import-untyped]
    from astroid.builder import AstroidBuilder  # type: ignore[import-untyped]

_PROPERTIES = ("property", "cached_property", "abstractproperty", "lazy_property", "getter")
_DEFAULT_LENGTH = 40


def extract(data: bytes, module: str, path: str) -> FileFact | None:
    """Return the facts of a file, or None if it is no Python that this interpreter can read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = _builder().string_build(importlib.util.decode_source(data), module, path)
        try:
            return _Reader(tree).read()
        finally:
            _forget(tree)
    except Exception:  # whatever astroid makes of a strange file, it is not the user's
        return None


@cache
def _builder() -> AstroidBuilder:
    from astroid.builder import AstroidBuilder
    from astroid.manager import AstroidManager  # type: ignore[import-untyped]

    class Builder(AstroidBuilder):  # type: ignore[misc]
        """Builds the tree and no more: the two steps after it would infer, and import."""

        def add_from_names_to_locals(self, *_: object) -> None:
            return

        def delayed_assattr(self, *_: object) -> None:
            return

    return Builder(AstroidManager(), apply_transforms=False)


def _forget(tree: nodes.Module) -> None:
    from astroid.manager import AstroidManager

    trees = AstroidManager().astroid_cache
    if trees.get(tree.name) is tree:
        del trees[tree.name]


class _Reader:
    """Collects what a module's statements bind, those of nested blocks included."""

    def __init__(self, tree: nodes.Module) -> None:
        from astroid import nodes

        self.nodes = nodes
        self.tree = tree
        self.names: dict[str, list[Target]] = {}
        self.fallbacks: dict[str, list[Target]] = {}
        self.stars: dict[str, None] = {}
        self.classes: dict[str, ClassFact] = {}
        self.functions: dict[str, tuple[str, ...]] = {}
        self.exports: set[str] = set()

    def read(self) -> FileFact:
        """Return the facts of the module."""
        for node, certain, fallback in self._statements(self.tree.body, True, False):
            self._statement(node, certain, fallback)
        names = {
            name: tuple(dict.fromkeys([*self.names.get(name, ()), *self.fallbacks.get(name, ())]))
            for name in [*self.names, *(each for each in self.fallbacks if each not in self.names)]
        }
        return FileFact(names, tuple(self.stars), self.classes, self.functions, frozenset(self.exports))

    def _statements(
        self, body: Sequence[nodes.NodeNG], certain: bool, fallback: bool
    ) -> Iterator[tuple[nodes.NodeNG, bool, bool]]:
        """Yield statements, with whether they always run, and whether they stand in for something that failed."""
        for node in body:
            yield node, certain, fallback
            for field, alternative in (("body", False), ("orelse", False), ("handlers", True), ("finalbody", False)):
                if isinstance(node, (self.nodes.ClassDef, self.nodes.FunctionDef, self.nodes.ExceptHandler)):
                    break
                inner = getattr(node, field, None)
                if not isinstance(inner, list):
                    continue
                if alternative:
                    inner = [statement for handler in inner for statement in handler.body]
                holds = isinstance(node, self.nodes.With) and certain
                yield from self._statements(inner, holds, fallback or alternative)

    def _statement(self, node: nodes.NodeNG, certain: bool, fallback: bool) -> None:
        kinds = self.nodes
        if isinstance(node, kinds.Import):
            for name, alias in node.names:
                root = name.partition(".")[0]
                self._bind(alias or root, Target(name if alias else root, ""), certain, fallback)
        elif isinstance(node, kinds.ImportFrom):
            self._import_from(node, certain, fallback)
        elif isinstance(node, kinds.ClassDef):
            self._class(node, node.name)
            self._bind(node.name, Target("", node.name), certain, fallback)
        elif isinstance(node, kinds.FunctionDef):
            if "overload" not in _decorators(node):
                self.functions.setdefault(node.name, self._params(node))
                self._bind(node.name, Target("", node.name), certain, fallback)
        elif isinstance(node, (kinds.Assign, kinds.AnnAssign, kinds.AugAssign)):
            self._assignment(node, certain, fallback)

    def _bind(self, name: str, target: Target, certain: bool, fallback: bool) -> None:
        if fallback:
            self.fallbacks.setdefault(name, []).append(target)
            return
        if certain:
            self.names.pop(name, None)
            self.fallbacks.pop(name, None)
        self.names.setdefault(name, []).append(target)

    def _import_from(self, node: nodes.ImportFrom, certain: bool, fallback: bool) -> None:
        from astroid import TooManyLevelsError

        try:
            module = self.tree.relative_to_absolute_name(node.modname or "", node.level)
        except TooManyLevelsError:
            return
        for name, alias in node.names:
            if name == "*":
                self.stars[module] = None
            else:
                self._bind(alias or name, Target(module, name), certain, fallback)

    def _assignment(
        self, node: nodes.Assign | nodes.AnnAssign | nodes.AugAssign, certain: bool, fallback: bool
    ) -> None:
        targets = node.targets if isinstance(node, self.nodes.Assign) else [node.target]
        for target in targets:
            if not isinstance(target, self.nodes.AssignName):
                continue
            if target.name == "__all__":
                self._export(node.value)
            elif not isinstance(node, self.nodes.AugAssign):
                for index, text in enumerate(self._dotted(node.value)):
                    if text != target.name:
                        self._bind(target.name, Target("", text), certain and not index, fallback)

    def _export(self, value: nodes.NodeNG | None) -> None:
        if isinstance(value, (self.nodes.List, self.nodes.Tuple)):
            items = (each.value for each in value.elts if isinstance(each, self.nodes.Const))
            self.exports.update(each for each in items if isinstance(each, str))

    def _dotted(self, node: nodes.NodeNG | None) -> list[str]:
        """Return the dotted texts that an expression may stand for: a name, one with parameters, a choice of two."""
        kinds = self.nodes
        if isinstance(node, kinds.Name):
            return [node.name]
        if isinstance(node, kinds.Attribute):
            return [f"{text}.{node.attrname}" for text in self._dotted(node.expr)]
        if isinstance(node, kinds.Subscript):
            return self._dotted(node.value)
        if isinstance(node, kinds.IfExp):
            return [*self._dotted(node.body), *self._dotted(node.orelse)]
        return []

    # classes and functions --------------------------------------------------------------------------------------

    def _class(self, node: nodes.ClassDef, qualname: str) -> None:
        if qualname in self.classes and node.parent is not self.tree:
            return  # of two that depend on something the first, of two that always run the second
        methods: dict[str, Method] = {}
        fields: list[str] = []
        for inner, _, fallback in self._statements(node.body, True, False):
            if isinstance(inner, self.nodes.ClassDef):
                self._class(inner, f"{qualname}.{inner.name}")
            elif isinstance(inner, self.nodes.FunctionDef):
                decorators = _decorators(inner)
                again = bool({"setter", "deleter", "overload"} & set(decorators))
                if not again and not (fallback and inner.name in methods):
                    methods[inner.name] = Method(self._params(inner), _kind(decorators))
            elif isinstance(inner, self.nodes.AnnAssign) and "ClassVar" not in inner.annotation.as_string():
                fields.append(inner.target.as_string() + ("=..." if inner.value is not None else ""))
        bases = tuple(target for base in node.bases for target in self._base(base, qualname))
        dataclass = any(each in ("dataclass", "dataclass_transform") for each in _decorators(node))
        self.classes[qualname] = ClassFact(bases, methods, tuple(fields) if dataclass else None)

    def _base(self, node: nodes.NodeNG, qualname: str) -> list[Target]:
        if isinstance(node, self.nodes.Call):
            function = (self._dotted(node.func) or [""])[0].rpartition(".")[2]
            bases = node.args[1:] if function == "with_metaclass" else []
            return [target for base in bases for target in self._base(base, qualname)]
        texts = self._dotted(node)[:1]
        return [self._earlier(text) if text.partition(".")[0] == qualname else Target("", text) for text in texts]

    def _earlier(self, text: str) -> Target:
        """Return what a class extends that has the name of its base (``from lib import A``, ``class A(A)``)."""
        name, _, rest = text.partition(".")
        before = [*self.names.get(name, ()), *self.fallbacks.get(name, ())]
        if not before or before[0] == Target("", name):
            return Target("", f"{name}.{rest}" if rest else "object")
        return Target(before[0].module, ".".join(each for each in (before[0].name, rest) if each))

    def _params(self, node: nodes.FunctionDef) -> tuple[str, ...]:
        arguments = node.args
        positional = [*arguments.posonlyargs, *(arguments.args or ())]
        defaults = list(arguments.defaults or ())
        texts = [each.name for each in positional]
        for index, default in enumerate(defaults, len(texts) - len(defaults)):
            texts[index] += f"={self._default(default)}"
        if arguments.posonlyargs:
            texts.insert(len(arguments.posonlyargs), "/")
        if arguments.vararg:
            texts.append(f"*{arguments.vararg}")
        elif arguments.kwonlyargs:
            texts.append("*")
        for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults or (), strict=False):
            texts.append(each.name if default is None else f"{each.name}={self._default(default)}")
        if arguments.kwarg:
            texts.append(f"**{arguments.kwarg}")
        return tuple(texts)

    def _default(self, node: nodes.NodeNG) -> str:
        if isinstance(node, (self.nodes.Const, self.nodes.UnaryOp, self.nodes.Name, self.nodes.Attribute)):
            text: str = node.as_string()
            if len(text) <= _DEFAULT_LENGTH:
                return text
        return "..."


def _decorators(node: nodes.ClassDef | nodes.FunctionDef) -> list[str]:
    """Return the last names of the decorators, without their arguments."""
    held = node.decorators.nodes if node.decorators else ()
    texts = (each.as_string().partition("(")[0] for each in held)
    return [text.rpartition(".")[2] for text in texts]


def _kind(decorators: list[str]) -> Literal["method", "property", "static", "class"]:
    if any(each in _PROPERTIES or each.endswith("property") for each in decorators):
        return "property"
    if "staticmethod" in decorators:
        return "static"
    return "class" if "classmethod" in decorators else "method"
