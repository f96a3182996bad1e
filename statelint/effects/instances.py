"""What the class of an instance tells: ``isinstance`` where the two classes decide it, and whether instances are
values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.effects.value import OBJECT, TENSOR, ClassRef, InstRef, LibInst, LibRef, Ref, Value

if TYPE_CHECKING:
    from statelint.effects.analyzer import Analyzer


def instance_of(analyzer: Analyzer, value: Value, classes: Value) -> bool | None:
    """Whether the value is an instance of the class, or of one of a tuple of classes; None if that is not known."""
    if classes.items is not None:
        answers = [instance_of(analyzer, value, item) for item in classes.items]
        if True in answers:
            return True
        return None if None in answers or not answers else False
    if len(classes.refs) != 1 or value.doubt:
        return None
    if value.kind == TENSOR and classes.refs == (LibRef("torch.Tensor"),):
        return True
    if value.kind != OBJECT or not value.refs:
        return None
    found = {_is_a(analyzer, ref, classes.refs[0]) for ref in value.refs}
    return found.pop() if len(found) == 1 else None


def _is_a(analyzer: Analyzer, instance: Ref, cls: Ref) -> bool | None:
    symbols, models = analyzer.symbols, analyzer.models
    if isinstance(instance, InstRef) and isinstance(cls, ClassRef):
        mine = {(s.module, s.name) for s in symbols.mro(instance.module, instance.qualname)}
        if (cls.module, cls.qualname) in mine:
            return True
        below = {(s.module, s.name) for s in symbols.mro(cls.module, cls.qualname)}
        return None if (instance.module, instance.qualname) in below else False
    if isinstance(instance, InstRef) and isinstance(cls, LibRef):
        if symbols.extends(instance.module, instance.qualname, cls.name):
            return True
        bases = symbols.library_bases(instance.module, instance.qualname)
        known = models.class_(cls.name) is not None and all(models.class_(b) is not None for b in bases)
        return False if known else None
    if isinstance(instance, LibInst) and isinstance(cls, LibRef):
        mine_, other = models.class_(instance.name), models.class_(cls.name)
        if mine_ is None or other is None:
            return None
        if models.is_subclass(instance.name, cls.name):
            return True
        return None if models.is_subclass(cls.name, instance.name) else False
    if isinstance(instance, LibInst) and isinstance(cls, ClassRef):
        if models.class_(instance.name) is None or symbols.extends(cls.module, cls.qualname, instance.name):
            return None
        return False
    return None


_VALUES = ("equinox.Module", "flax.linen.Module", "flax.struct.PyTreeNode", "typing.NamedTuple", "NamedTuple", "tuple")


def is_value(analyzer: Analyzer, module: str, qualname: str) -> bool:
    """Whether instances of a class are values that do not change: data classes, named tuples, modules of functional
    layers.
    """
    symbols = analyzer.symbols
    if any(symbols.extends(module, qualname, base) for base in _VALUES):
        return True
    for symbol in symbols.mro(module, qualname):
        cls = symbols.class_(symbol.module, symbol.name) if symbol.kind == "class" else None
        if cls is not None and any("dataclass" in d or d.endswith(".define") for d in cls.decorators):
            return True
    return False
