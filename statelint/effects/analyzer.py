"""The analyzer: one worker's view of a project. Makes summaries on demand and collects facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy

import msgspec

from statelint.effects import arguments, caches, carry, fields, flags, hazards, keys, retention, summary, training
from statelint.effects.blocks import OverBudgetError, join, run_block
from statelint.effects.facts import (
    AnyFact,
    Calls,
    ClassFacts,
    FunctionFacts,
    Key,
    MemoFunction,
    ModuleFacts,
    Root,
    Span,
    StateWrite,
)
from statelint.effects.frame import Frame, Shape
from statelint.effects.library import KIND_OF_TYPE, Library
from statelint.effects.memo import Memo
from statelint.effects.state import State
from statelint.effects.summary import (
    Summary,
    bottom_summary,
    compose_call,
    default_summary,
    same_summary,
    summarize,
)
from statelint.effects.value import (
    ABSENT,
    CLASS,
    DICT,
    FUNCTION,
    IMMUTABLE,
    KEY,
    LEAF,
    LIST,
    MODULE,
    NDARRAY,
    NONE,
    NOTHING,
    NUMBER,
    OBJECT,
    PLAIN,
    SCALAR,
    TENSOR,
    TEXT,
    TUPLE,
    UNKNOWN,
    BoundRef,
    ClassRef,
    FuncRef,
    InstRef,
    LibInst,
    LibRef,
    ModRef,
    PartialRef,
    Value,
    WrapRef,
    join_all,
)
from statelint.evidence import observe_all
from statelint.evidence.registry import Observer, load_observers
from statelint.ir.nodes import CallMethod, Class, FunctionIR, Load, ModuleIR, Param
from statelint.models import Models
from statelint.resolve.bindings import stored_attributes, walk
from statelint.resolve.symbols import Symbol, Symbols
from statelint.storage import ALL

BUDGET = 60_000
SPECIALIZED_REGISTERS = 200
REWRITTEN = 2
"""In the ``grad`` of an attribute's shape: other methods may attach it to a graph."""
DIALECTS = {
    "torch": "torch accelerate botorch diffusers fastai gpytorch ignite kornia lightning monai pyro pytorch_lightning "
    "stable_baselines3 timm torch_geometric torchaudio torchmetrics torchrl torchvision transformers",
    "jax": "jax brax chex diffrax distrax equinox flax haiku jraph numpyro objax optax rlax trax",
    "numpy": "numpy gym gymnasium pettingzoo",
    "autograd": "autograd",
    "tensorflow": "tensorflow keras keras_core sonnet tensorflow_probability",
}
FRAMEWORKS = {package: dialect for dialect, packages in DIALECTS.items() for package in packages.split()}
"""Which arrays a module means that imports one of these packages."""


class Analyzer:
    """Analyses functions of the modules that ``load`` gives; the result for a function never depends on who asked
    first.
    """

    def __init__(
        self,
        load: Callable[[str], ModuleIR | None],
        models: Models,
        budget: int = BUDGET,
        library_ancestors: Callable[[str], tuple[str, ...]] = lambda _: (),
        observers: tuple[Observer, ...] = (),
        mentions: Callable[[str, str], bool | None] | None = None,
    ) -> None:
        self.models = models
        self.observers = (*load_observers(), *observers)
        self.budget = budget
        self.symbols = Symbols(load, models.is_subclass, library_ancestors, mentions)
        self.library = Library(self)
        self.hazards = hazards
        self.keys = keys
        self.caches = caches
        self.arguments = arguments
        self.retention = retention
        self._memo = Memo()
        self._class_values: dict[Key, dict[str, Value]] = {}
        self._defaults: dict[Key, tuple[tuple[Value, ...], tuple[tuple[str, Value], ...]]] = {}
        self._dialects: dict[str, frozenset[str]] = {}
        self._layers: dict[Key, bool] = {}
        self._annotations: dict[tuple[str, str], Value] = {}
        self._rewritten: dict[Key, set[str]] = {}
        self._tested_of_class: dict[Key, frozenset[str]] = {}
        self._tested: dict[int, tuple[str, ...]] = {}
        self.reaches: dict[str, bool] = {}
        self._recursive: dict[Key, bool] = {}
        self.thorough = False
        """What callees read is noted in their callers as well, for a closer look at one function."""
        self.collected: dict[Key, dict[AnyFact, None]] = {}
        self.info: dict[Key, FunctionFacts] = {}

    # modules and names ------------------------------------------------------------------------------------------

    def dialects(self, module: str) -> frozenset[str]:
        """Which array frameworks a module imports."""
        found = self._dialects.get(module)
        if found is None:
            ir = self.symbols.module(module)
            roots: set[str] = set()
            if ir is not None:
                names = [target for target, _ in ir.imports.values()] + list(ir.star_imports)
                roots = {FRAMEWORKS[n.partition(".")[0]] for n in names if n.partition(".")[0] in FRAMEWORKS}
            found = self._dialects[module] = frozenset(roots)
        return found

    def global_value(self, frame: Frame, state: State, name: str, at: Span) -> Value:
        """The value of a global name where it is read."""
        written = state.fields.get((0, name))
        if written is not None:
            return written
        symbol = self.symbols.lookup(frame.module, name)
        if symbol is None:
            if frame.fn.kind == "module" and name in ("__name__", "__file__"):
                return Value(TEXT)
            return self.library_name(name) if frame.fn.kind != "module" or name not in state.env else state.env[name]
        return self.symbol_value(frame, state, symbol, at)

    def symbol_value(self, frame: Frame, state: State, symbol: Symbol, at: Span) -> Value:
        """The value that a symbol stands for."""
        if symbol.kind == "function":
            fn = self.symbols.function(symbol.module, symbol.name)
            if fn is not None and fn.decorators:
                shape = self.module_env(symbol.module).get(symbol.name)
                if shape is not None and shape.value.refs:
                    return Value(shape.value.kind, refs=shape.value.refs)
            return Value(FUNCTION, refs=(FuncRef(symbol.module, symbol.name),))
        if symbol.kind == "class":
            return Value(CLASS, refs=(ClassRef(symbol.module, symbol.name),))
        if symbol.kind == "module":
            return Value(MODULE, refs=(ModRef(symbol.module),))
        if symbol.kind in ("library", "builtin"):
            return self.library_name(symbol.name)
        value = self.global_variable(frame, state, symbol.module, symbol.name)
        place = frame.storage("global", 0, (symbol.module, symbol.name))
        reference = frame.state_ref(place)
        if reference is not None and value is not None:
            from statelint.effects.facts import StateRead

            frame.add(StateRead(at, reference, value.kind))
        return value if value is not None else Value(UNKNOWN)

    def global_variable(self, frame: Frame, state: State, module: str, name: str) -> Value | None:
        """A module's variable as a value at its access path."""
        if module == frame.module and (0, name) in state.fields:
            return state.fields[(0, name)]
        place = frame.storage("global", 0, (module, name))
        known = self.module_env(module).get(name)
        if known is None:
            return fields.rooted(frame, Value(UNKNOWN), place)
        value = known.value
        if not value.kind & ~(FUNCTION | CLASS | MODULE):
            return value
        if isinstance(value.const, (str, int, float, bool)) and not value.kind & ~SCALAR:
            return Value(value.kind, const=value.const)
        if known.children:
            frame.shapes.setdefault(place, known)
        return fields.rooted(frame, value, place)

    def module_env(self, module: str) -> dict[str, Shape]:
        """The types of a module's names after its body has run."""
        env: dict[str, Shape] = self._memo.compute(
            ("module", module), lambda: self._run_module(module), dict, anchor=True
        )
        return env

    def _run_module(self, module: str) -> dict[str, Shape]:
        ir = self.symbols.module(module)
        if ir is None:
            return {}
        frame = Frame(self, module, ir.body, None)
        end = self._run(frame, State())
        observe_all(frame)
        self._finish(frame, end)
        if end is None:
            return {}
        env = {}
        paths = {sid: name for name, value in reversed(end.env.items()) for sid, _ in value.views}
        for name, value in end.env.items():
            shape = fields.shape_of_value(frame, end, value)
            if name in ir.global_writes and shape.value.const is not ABSENT:
                bare = shape.value
                shape = Shape(Value(bare.kind | UNKNOWN, refs=bare.refs, doubt=bare.doubt), shape.children)
            env[name] = Shape(training.renamed(shape.value, paths), shape.children)
        return env

    def module_member(self, frame: Frame, state: State, module: str, name: str, at: Span) -> Value | None:
        """``module.name``."""
        symbol = self.symbols.member(Symbol("module", module, ""), name)
        if symbol is None:
            return Value(UNKNOWN, doubt=1)
        return self.symbol_value(frame, state, symbol, at)

    def imported(self, module: str, name: str) -> Value:
        """The value that an import binds."""
        if name == "*":
            return NOTHING
        symbol = self.symbols.imported(module, name)
        if symbol.kind == "module":
            return Value(MODULE, refs=(ModRef(symbol.module),))
        if symbol.kind == "library":
            return self.library_name(symbol.name)
        if symbol.kind == "function":
            return Value(FUNCTION, refs=(FuncRef(symbol.module, symbol.name),))
        if symbol.kind == "class":
            return Value(CLASS, refs=(ClassRef(symbol.module, symbol.name),))
        return Value(UNKNOWN)

    def library_name(self, name: str) -> Value:
        """A library's name: a constant where the models say so, else something that can be called or has members."""
        return Value(FUNCTION, refs=(LibRef(name),))

    def outside_view(self, frame: Frame, value: Value) -> bool:
        """Whether a value may be something that existed before this call."""
        return any(frame.outside(sid) for sid, _ in value.views)

    # classes ----------------------------------------------------------------------------------------------------

    def is_layer(self, module: str, qualname: str) -> bool:
        """Whether a class is a torch module."""
        key = (module, qualname)
        found = self._layers.get(key)
        if found is None:
            found = self._layers[key] = self.symbols.extends(module, qualname, "torch.nn.Module")
        return found

    def is_plain_enum(self, ref: ClassRef) -> bool:
        """Whether a class is an enumeration."""
        return any(b.startswith("enum.") for b in self.symbols.library_bases(ref.module, ref.qualname))

    def dataclass_fields(self, module: str, qualname: str) -> tuple[str, ...]:
        """Names of annotated fields in order, for classes without a constructor of their own."""
        names: dict[str, None] = {}
        for symbol in reversed(self.symbols.mro(module, qualname)):
            if symbol.kind == "class":
                ir = self.symbols.class_(symbol.module, symbol.name)
                if ir is not None:
                    for name, text in ir.annotations.items():
                        if "ClassVar" not in text:
                            names[name] = None
        return tuple(names)

    def class_shape(self, module: str, qualname: str) -> Shape:
        """Types of the attributes of an instance after construction."""

        def empty() -> Shape:
            return Shape(Value(OBJECT, refs=(InstRef(module, qualname),)), {})

        shape: Shape = self._memo.compute(
            ("class", module, qualname), lambda: self._shape_class(module, qualname), empty, anchor=True
        )
        return shape

    def _shape_class(self, module: str, qualname: str) -> Shape:
        shape = Shape(Value(OBJECT, refs=(InstRef(module, qualname),)), {})
        for symbol in reversed(self.symbols.mro(module, qualname)):
            if symbol.kind != "class":
                continue
            ir = self.symbols.class_(symbol.module, symbol.name)
            if ir is None:
                continue
            for name, text in ir.annotations.items():
                value = self.annotated(symbol.module, text, Value(UNKNOWN))
                if value.kind != UNKNOWN:
                    shape.children[name] = Shape(value, {})
        for setup in ("__init__", "setup", "build", "__post_init__"):
            method = self.symbols.method(module, qualname, setup)
            if method is None:
                continue
            made = self.summary_of(FuncRef(*method), InstRef(module, qualname))
            frame_like = _SummaryShapes(self, made)
            for name, child in frame_like.attributes_of_self().items():
                shape.children[name] = child
        rewritten = self.rewritten_attributes(module, qualname)
        for name in rewritten & shape.children.keys():
            child = shape.children[name]
            value = child.value
            loose = Value(
                value.kind | UNKNOWN if not value.kind & ~SCALAR else value.kind, value.views, ABSENT, value.refs, None,
                value.deps, value.grad | (REWRITTEN if value.kind & (TENSOR | TUPLE | NONE) else 0), value.hist,
                value.doubt, value.mark,
            )  # fmt: skip
            shape.children[name] = Shape(loose, child.children)
        return shape

    def rewritten_attributes(self, module: str, qualname: str) -> set[str]:
        """The attributes that methods other than the constructors assign."""
        key = (module, qualname)
        known = self._rewritten.get(key)
        if known is not None:
            return known
        names: set[str] = set()
        for symbol in self.symbols.mro(module, qualname):
            if symbol.kind != "class":
                continue
            ir = self.symbols.class_(symbol.module, symbol.name)
            for method, function in ir.methods.items() if ir is not None else ():
                fn = self.symbols.function(symbol.module, function)
                if fn is not None and method not in ("__init__", "setup", "build", "__post_init__"):
                    names |= stored_attributes(fn)
        self._rewritten[key] = names
        return names

    def tested_attributes(self, module: str, fn: FunctionIR) -> tuple[str, ...]:
        """The attributes of the receiver that a method tests."""
        key = id(fn)
        found = self._tested.get(key)
        if found is None:
            found = self._tested[key] = flags.tested(fn)
        return found

    def tested_of_class(self, module: str, qualname: str) -> frozenset[str]:
        """The attributes of the receiver that methods of a class test."""
        key = (module, qualname)
        found = self._tested_of_class.get(key)
        if found is None:
            ir = self.symbols.class_(module, qualname)
            methods = [self.symbols.function(module, f) for f in ir.methods.values()] if ir is not None else []
            names = {n for fn in methods if fn is not None for n in self.tested_attributes(module, fn)}
            found = self._tested_of_class[key] = frozenset(names)
        return found

    def class_value(self, module: str, qualname: str, name: str) -> Value | None:
        """A class attribute that a class body assigns, as a bare value."""
        for symbol in self.symbols.mro(module, qualname):
            if symbol.kind != "class":
                continue
            ir = self.symbols.class_(symbol.module, symbol.name)
            if ir is None or name not in ir.assigned:
                continue
            self.module_env(symbol.module)
            return self._class_values.get((symbol.module, symbol.name), {}).get(name)
        return None

    def define_class(self, frame: Frame, state: State, instr: Class) -> Value:
        """Run a class body and remember what it assigns."""
        body = self.symbols.function(frame.module, f"{instr.qualname}.<body>")
        if body is not None:
            inner = Frame(self, frame.module, body, (frame.module, instr.qualname))
            inner.free_sid = frame.frame_sid
            begin = State()
            end = self._run(inner, begin)
            observe_all(inner)
            self._finish(inner, end)
            if end is not None:
                self._class_values[(frame.module, instr.qualname)] = {
                    n: fields.shape_of_value(inner, end, v).value for n, v in end.env.items() if n[0] != "%"
                }
        return Value(CLASS, refs=(ClassRef(frame.module, instr.qualname),))

    # functions --------------------------------------------------------------------------------------------------

    def remember_defaults(
        self,
        frame: Frame,
        state: State,
        qualname: str,
        defaults: tuple[Value, ...],
        keywords: tuple[tuple[str, Value], ...],
    ) -> None:
        """Keep what a function's default arguments were evaluated to."""
        self._defaults[(frame.module, qualname)] = (
            tuple(fields.shape_of_value(frame, state, v).value for v in defaults),
            tuple((k, fields.shape_of_value(frame, state, v).value) for k, v in keywords),
        )

    def default_of(self, module: str, fn: FunctionIR, name: str) -> Value | None:
        """The bare value of a parameter's default."""
        if not fn.parent:
            self.module_env(module)
        held = self._defaults.get((module, fn.qualname))
        if held is None:
            return None
        positional = [p for p in fn.params if p.kind in ("positional", "normal")]
        defaults, keywords = held
        offset = len(positional) - len(defaults)
        for i, param in enumerate(positional):
            if param.name == name and i >= offset:
                return defaults[i - offset]
        return dict(keywords).get(name)

    def functions_behind(self, value: Value) -> Iterable[Key]:
        """The project's functions that calling a value runs."""
        for ref in value.refs:
            if isinstance(ref, FuncRef):
                yield ref.module, ref.qualname
            elif isinstance(ref, BoundRef):
                for owner in ref.receiver.refs:
                    if isinstance(owner, InstRef):
                        method = self.symbols.method(owner.module, owner.qualname, ref.name)
                        if method is not None:
                            yield method
                    elif isinstance(owner, WrapRef):
                        yield from self.functions_behind(owner.func)
            elif isinstance(ref, (PartialRef, WrapRef)):
                yield from self.functions_behind(ref.func)
            elif isinstance(ref, InstRef):
                for name in ("__call__", "forward", "call"):
                    method = self.symbols.method(ref.module, ref.qualname, name)
                    if method is not None:
                        yield method
                        break
        for item in value.items or ():
            yield from self.functions_behind(item)

    def call_function(
        self,
        frame: Frame,
        state: State,
        ref: FuncRef,
        args: tuple[Value, ...],
        keywords: tuple[tuple[str | None, Value], ...],
        at: Span,
        *,
        starred: int = 0,
        receiver: InstRef | None = None,
        given: bool = False,
    ) -> Value:
        """Call a project's function: its summary, composed."""
        fn = self.symbols.function(ref.module, ref.qualname)
        if fn is None:
            return Value(UNKNOWN, doubt=1)
        key = (ref.module, ref.qualname)
        frame.add(Calls(at, key, given, tuple(frame.loops), state.no_grad))
        arguments = self._bind(frame, state, fn, ref.module, args, keywords, starred, at)
        free_values: dict[str, Value] = {}
        if fn.free and ref.frame:
            for name in fn.free:
                free_values[name] = fields.read(frame, state, ref.frame, name)
        made = self.summary_of(ref, receiver, self._shape_of_call(frame, state, fn, ref.module, arguments, free_values))
        return compose_call(frame, state, made, arguments, ref.frame, at)

    def _bind(
        self, frame: Frame, state: State, fn: FunctionIR, module: str, args: tuple[Value, ...],
        keywords: tuple[tuple[str | None, Value], ...], starred: int, at: Span,
    ) -> dict[str, Value]:  # fmt: skip
        arguments: dict[str, Value] = {}
        positional = [p for p in fn.params if p.kind in ("positional", "normal")]
        variadic = next((p for p in fn.params if p.kind == "vararg"), None)
        rest: list[Value] = []
        unpacked: Value | None = None
        for i, value in enumerate(args):
            if starred >> i & 1:
                if value.items is not None and unpacked is None:
                    for j, item in enumerate(value.items):
                        if i + j < len(positional):
                            arguments[positional[i + j].name] = item
                        else:
                            rest.append(item)
                else:
                    unpacked = fields.element(frame, state, value, at)
            elif unpacked is None and i < len(positional):
                arguments[positional[i].name] = value
            else:
                rest.append(value)
        named = {k: v for k, v in keywords if k is not None}
        for param in fn.params:
            if param.name in named and param.kind in ("normal", "keyword"):
                arguments[param.name] = named.pop(param.name)
        if variadic is not None:
            items = tuple(rest)
            if unpacked is not None:
                sid = frame.new(at, "varargs")
                state.fields[(sid, fields.ANY)] = join_all([*items, unpacked]) or unpacked
                arguments[variadic.name] = Value(TUPLE, frozenset(((sid, ALL),)))
            else:
                arguments[variadic.name] = Value(TUPLE, items=items)
        keyed = next((p for p in fn.params if p.kind == "kwarg"), None)
        if keyed is not None:
            sid = frame.new(at, "kwargs")
            for name, value in named.items():
                state.fields[(sid, fields.key_text(name))] = value
            arguments[keyed.name] = Value(DICT, frozenset(((sid, ALL),)))
        for param in fn.params:
            if param.name not in arguments:
                if unpacked is not None or any(k is None for k, _ in keywords):
                    arguments[param.name] = unpacked if unpacked is not None else Value(UNKNOWN, doubt=1)
                elif param.has_default:
                    default = self.default_of(module, fn, param.name)
                    if default is not None and default.kind & ~(SCALAR | FUNCTION | CLASS | MODULE):
                        place = frame.storage("default", 0, f"{fn.qualname}:{param.name}")
                        default = Value(default.kind, frozenset(((place, ALL),)), ABSENT, default.refs)
                    arguments[param.name] = default if default is not None else Value(UNKNOWN, doubt=1)
                else:
                    arguments[param.name] = Value(UNKNOWN, doubt=1)
        return arguments

    def _shape_of_call(
        self, frame: Frame, state: State, fn: FunctionIR, module: str, arguments: dict[str, Value],
        free_values: dict[str, Value],
    ) -> tuple[tuple[str, Value], ...]:  # fmt: skip
        """The part of the arguments' types for which a function is analysed anew: functions, objects, flags, arrays."""
        parts: list[tuple[str, Value]] = []
        for name, value in free_values.items():
            parts.append(("&" + name, fields.bare(value)))
        if fn.registers <= SPECIALIZED_REGISTERS:
            for i, param in enumerate(fn.params):
                given = arguments.get(param.name)
                if given is None:
                    continue
                value = given
                if i == 0 and fn.class_qualname:
                    parts.extend(flags.of_receiver(self, frame, state, fn, value))
                    continue
                if value.const is not ABSENT and not value.doubt and self._chooses(module, fn, param.name, value):
                    parts.append((param.name, Value(value.kind, const=value.const)))
                elif value.refs and not (fn.name == "__init__" and isinstance(value.refs[0], (LibRef, ClassRef))):
                    parts.append((param.name, fields.bare(value)))
        return tuple(parts)

    def _chooses(self, module: str, fn: FunctionIR, name: str, value: Value) -> bool:
        """Whether a constant argument is one that a function is analysed anew for: a flag, or what a constructor hands
        to an attribute of its name that a method of the class tests.
        """
        if isinstance(value.const, bool):
            return True
        if fn.name != "__init__" or not isinstance(value.const, (str, int, type(None))):
            return False
        return name in self.tested_of_class(module, fn.class_qualname)

    def summary_of(
        self, ref: FuncRef, receiver: InstRef | None = None, shape: tuple[tuple[str, Value], ...] = ()
    ) -> Summary:
        """The summary of a function, for a receiver's class and the given types of arguments."""
        fn = self.symbols.function(ref.module, ref.qualname)
        key = (ref.module, ref.qualname)
        if fn is None:
            return default_summary(key, ())
        params = tuple(p.name for p in fn.params)
        bottom = None
        if self._mentions_itself(key, fn):
            facts, info = self.collected.get(key, {}).copy(), copy(self.info.get(key))

            def bottom() -> Summary:
                # What the coarse run found is no fact: the iteration finds what is.
                self.collected[key] = facts.copy()
                self.info.pop(key, None)
                if info is not None:
                    self.info[key] = copy(info)
                return bottom_summary(key, params)

        found: Summary = self._memo.compute(
            (key, receiver, shape),
            lambda: self._analyse(ref.module, fn, receiver, shape),
            lambda: default_summary(key, params),
            bottom,
            same_summary,
        )
        return found

    def _mentions_itself(self, key: Key, fn: FunctionIR) -> bool:
        known = self._recursive.get(key)
        if known is None:
            names = {getattr(i, "name", "") for i in walk(fn.body) if isinstance(i, (Load, CallMethod))}
            known = self._recursive[key] = fn.name in names
        return known

    def _analyse(
        self, module: str, fn: FunctionIR, receiver: InstRef | None, shape: tuple[tuple[str, Value], ...]
    ) -> Summary:
        frame, result = self.run_function(module, fn, receiver, shape)
        if frame.over_budget:
            return default_summary(frame.key, tuple(p.name for p in fn.params))
        return summarize(frame, frame.exit_state, result)

    def run_function(
        self, module: str, fn: FunctionIR, receiver: InstRef | None, shape: tuple[tuple[str, Value], ...]
    ) -> tuple[Frame, Value]:
        """Run one function from its start; the frame with its exit state, and the result."""
        frame, state = self._entered(module, fn, receiver, shape)
        end = self._run(frame, state)
        if receiver is None and all(name[0] == "&" for name, _ in shape):
            observe_all(frame)
        result = self._finish(frame, end)
        paths = carry.carried(frame)
        unsure, tests = carry.tests_between(frame, paths)
        if unsure:
            seen: set[str] = set()
            for assumed in carry.ways(tests):
                again, state = self._entered(module, fn, receiver, shape)
                again.assumed = assumed
                end = self._run(again, state)
                if end is not None:
                    again.returns.append((NOTHING, end))
                seen |= carry.carried(again)
            paths = paths - unsure | paths & seen
        info = self.info[frame.key]
        info.carried = tuple(sorted({*info.carried, *paths}))
        return frame, result

    def _entered(
        self, module: str, fn: FunctionIR, receiver: InstRef | None, shape: tuple[tuple[str, Value], ...]
    ) -> tuple[Frame, State]:
        owner: Key | None = (module, fn.class_qualname) if fn.class_qualname else None
        if receiver is not None:
            owner = (receiver.module, receiver.qualname)
        frame = Frame(self, module, fn, owner)
        state = State()
        known = dict(shape)
        for name in fn.free:
            if "&" + name in known:
                frame.free_values[name] = known["&" + name]
        for i, param in enumerate(fn.params):
            value = self._parameter(frame, state, param, i, receiver, known.get(param.name))
            if param.name in fn.cells:
                state.fields[(frame.frame_sid, param.name)] = value
            state.env[param.name] = value
        for name, value in shape:
            if name[0] == flags.PREFIX and fn.params:
                place = frame.storage("param", 0, fn.params[0].name)
                attribute = name[1:]
                origin = frame.origin(frame.field(place, attribute))
                frame.initials[(place, attribute)] = Value(value.kind, const=value.const, deps=origin)
        self._decorators(frame, state)
        if fn.name in ("forward", "setup_context") and fn.class_qualname:
            # What a custom function does in its forward is not recorded.
            state.no_grad |= self.symbols.extends(module, fn.class_qualname, "torch.autograd.Function")
        return frame, state

    def _decorators(self, frame: Frame, state: State) -> None:
        for text in frame.fn.decorators:
            if text.rpartition(".")[2] in ("lru_cache", "cache", "cached_property"):
                frame.add(MemoFunction(frame.fn.name_at, text))
            symbol = self.symbols.dotted(frame.module, text)
            if symbol is None or symbol.kind != "library":
                continue
            model = self.models.function(symbol.name)
            class_ = None if model is not None else self.models.class_(symbol.name)
            if class_ is not None and class_.init is not None:
                model = class_.init
            if model is None:
                continue
            if model.context in ("no_grad", "inference_mode"):
                state.no_grad = True
            for region in model.regions:
                frame.add(Root(frame.fn.name_at, region.kind, frame.key, symbol.name))

    def _parameter(
        self, frame: Frame, state: State, param: Param, index: int, receiver: InstRef | None, known: Value | None
    ) -> Value:
        fn = frame.fn
        sid = frame.storage("param", 0, param.name)
        origin = frame.origin(sid)
        if index == 0 and fn.class_qualname and "staticmethod" not in fn.decorators:
            if "classmethod" in fn.decorators or fn.name == "__new__":
                return Value(CLASS, refs=(ClassRef(*(frame.owner or (frame.module, fn.class_qualname))),))
            ref = receiver if receiver is not None else InstRef(frame.module, fn.class_qualname)
            return Value(OBJECT, frozenset(((sid, ALL),)), refs=(ref,))
        views = frozenset(((sid, ALL),))
        if param.kind == "vararg":
            if known is not None and known.items is not None:
                rest = tuple(
                    fields.rooted(frame, v, frame.field(sid, fields.key_text(i))) for i, v in enumerate(known.items)
                )
                return Value(TUPLE, views, items=rest, deps=origin, grad=origin)
            return Value(TUPLE, views, deps=origin, grad=origin)
        if param.kind == "kwarg":
            return Value(DICT, views, deps=origin, grad=origin)
        value = Value(UNKNOWN, views, deps=origin, grad=origin)
        if param.annotation:
            value = self.annotated(frame.module, param.annotation, value)
        if known is not None:
            if known.const is not ABSENT and not known.kind & ~SCALAR:
                return Value(known.kind, const=known.const, deps=origin)
            if known.kind & ~UNKNOWN or known.refs:
                kind = known.kind if known.kind != UNKNOWN else value.kind
                if not kind & ~SCALAR:
                    return Value(kind, deps=origin)
                items = None
                if known.items is not None:
                    items = tuple(
                        fields.rooted(frame, v, frame.field(sid, fields.key_text(i))) for i, v in enumerate(known.items)
                    )
                return Value(
                    kind,
                    views,
                    ABSENT,
                    known.refs or value.refs,
                    items,
                    origin,
                    origin if kind & ~(NUMBER | KEY) else 0,
                    0,
                    known.doubt,
                    known.mark,
                )
            return value
        if param.has_default and value.kind == UNKNOWN:
            default = self.default_of(frame.module, fn, param.name)
            if default is not None and default.kind & (NUMBER | TEXT) and not default.kind & ~(NUMBER | TEXT):
                return Value(default.kind, deps=origin)
        return value

    def annotated(self, module: str, text: str, value: Value) -> Value:
        """A value narrowed by its annotation."""
        key = (module, text)
        known = self._annotations.get(key)
        if known is None:
            from statelint.effects.annotations import kind_of_annotation

            known = self._annotations[key] = kind_of_annotation(self, module, text)
        if known.kind == UNKNOWN and not known.refs:
            return value
        if not known.kind & ~SCALAR:
            return Value(known.kind, deps=value.deps)
        return Value(
            known.kind, value.views, value.const, known.refs, None, value.deps,
            value.grad if known.kind & (TENSOR | UNKNOWN | IMMUTABLE | LIST | TUPLE | DICT | OBJECT) else 0, value.hist,
            value.doubt, value.mark,
        )  # fmt: skip

    def _run(self, frame: Frame, state: State) -> State | None:
        frame.regs = [NOTHING] * (frame.fn.registers + 1)
        try:
            return run_block(frame, state, frame.fn.body)
        except OverBudgetError:
            frame.over_budget = True
            return None
        except RecursionError:
            frame.over_budget = True
            return None

    def _finish(self, frame: Frame, end: State | None) -> Value:
        """Join the ways out, report what is owed at the exit, and keep the facts."""
        fn = frame.fn
        if end is not None:
            frame.returns.append((NOTHING, end))
        result: Value | None = None
        exit_state: State | None = None
        for value, state in frame.returns:
            if fn.kind == "function" or fn.kind == "lambda":
                hazards.report(frame, state, hazards.history(state, value) & state.clobbered, fn.name_at, "exit")
            result = value if result is None else _join_results(result, value)
            if frame.consumptions and len(frame.returns) > 1:
                keys.hold_result(state, value)
            exit_state = join(frame, exit_state, state)
        if exit_state is not None and result is not None and frame.either:
            result = keys.held_result(frame, exit_state, result)
        frame.exit_state = exit_state
        if fn.is_generator:
            yielded = join_all(frame.yields)
            sid = frame.new(fn.at, "generator")
            if exit_state is not None and yielded is not None:
                exit_state.fields[(sid, fields.ANY)] = yielded
            result = Value(1 << 15, frozenset(((sid, ALL),)))
        arguments.settle(frame)
        training.settle(frame, exit_state)
        keys.settle(frame)
        retention.settle(
            frame, hazards.history(exit_state, result) if exit_state is not None and result is not None else 0
        )
        self._collect(frame, exit_state, result)
        self._nested(frame, exit_state)
        return result if result is not None else NOTHING

    def _nested(self, frame: Frame, exit_state: State | None) -> None:
        """Functions defined here that nobody called yet are analysed with what they capture."""
        for qualname, frame_sid in frame.closures.items():
            fn = self.symbols.function(frame.module, qualname)
            if fn is None or exit_state is None:
                continue
            parts = []
            for name in fn.free:
                value = exit_state.fields.get((frame_sid, name))
                if value is not None:
                    parts.append(("&" + name, fields.bare(value)))
            owner = None
            self.summary_of(FuncRef(frame.module, qualname), owner, tuple(parts))

    def _collect(self, frame: Frame, exit_state: State | None, result: Value | None) -> None:
        key = frame.key
        info = self.info.get(key)
        if info is None:
            info = self.info[key] = self._information(frame.module, frame.fn)
        if result is not None and exit_state is not None:
            from statelint.effects.writes import effective, origin_texts

            _, grad, deps = effective(exit_state, result)
            for item in result.items or ():
                _, more_grad, more = effective(exit_state, item)
                deps |= more
                grad |= more_grad
            info.result = tuple(sorted({*info.result, *origin_texts(frame, deps)}))
            info.result_grad = tuple(sorted({*info.result_grad, *origin_texts(frame, grad)}))
        info.backward = info.backward or frame.backward
        info.returns = info.returns or frame.fn.is_generator or any(v.kind != NONE for v, _ in frame.returns)
        info.over_budget = info.over_budget or frame.over_budget
        self.collected.setdefault(key, {}).update(dict.fromkeys(_settled(frame)))
        for other, facts in frame.foreign.items():
            self.collected.setdefault(other, {}).update(facts)

    # a module's facts -------------------------------------------------------------------------------------------

    def analyse_module(self, name: str) -> ModuleFacts | None:
        """Analyse everything a module defines; `take` gives what was found in its functions, and in others'."""
        ir = self.symbols.module(name)
        if ir is None:
            return None
        self.module_env(name)
        for qualname, fn in ir.functions.items():
            if fn.kind in ("class", "module") or fn.free:
                continue
            self.summary_of(FuncRef(name, qualname))
        classes = [self._class_facts(name, qualname) for qualname in ir.classes]
        return ModuleFacts(name, ir.path, [], classes, tuple(sorted(ir.global_writes)))

    def take(self) -> dict[Key, FunctionFacts]:
        """What was found out since the last call, per function, in a fixed order."""
        taken: dict[Key, FunctionFacts] = {}
        for key, facts in self.collected.items():
            info = self.info.get(key)
            if info is None:
                fn = self.symbols.function(*key)
                if fn is None:
                    continue
                info = self._information(key[0], fn)
            info.facts = sorted(facts, key=lambda f: (f.at, type(f).__name__, repr(f)))
            taken[key] = info
        self.collected = {}
        self.info = {}
        return taken

    def _information(self, module: str, fn: FunctionIR) -> FunctionFacts:
        return FunctionFacts(
            module, fn.qualname, fn.name, fn.at, fn.name_at, fn.class_qualname, tuple(p.name for p in fn.params),
            fn.decorators, fn.docstring, [],
        )  # fmt: skip

    def _class_facts(self, module: str, qualname: str) -> ClassFacts:
        ir = self.symbols.class_(module, qualname)
        stores: dict[str, list[str]] = {}
        assert ir is not None
        for method, function in ir.methods.items():
            fn = self.symbols.function(module, function)
            for attribute in stored_attributes(fn) if fn is not None else ():
                stores.setdefault(attribute, []).append(method)
        bases = tuple((s.module, s.name) for s in self.symbols.mro(module, qualname)[1:] if s.kind == "class")
        known = [b for base in self.symbols.library_bases(module, qualname) for b in self.models.ancestry(base)]
        return ClassFacts(
            module, qualname, tuple(dict.fromkeys(known)), bases,
            {name: tuple(sorted(methods)) for name, methods in sorted(stores.items())}, (), self._trained(module,
            qualname),
        )  # fmt: skip

    def _trained(self, module: str, qualname: str) -> tuple[str, ...]:
        """The attributes that are parameters of a torch module, or layers that have some."""
        if not self.is_layer(module, qualname):
            return ()
        found = []
        for name, child in self.class_shape(module, qualname).children.items():
            layers = (self.models.class_(ref.name) for ref in child.value.refs if isinstance(ref, LibInst))
            if child.value.mark & LEAF or any(model is not None and model.parameters for model in layers):
                found.append(str(name))
        return tuple(sorted(found))


class _SummaryShapes:
    """Shapes of the attributes of ``self`` out of a constructor's summary."""

    def __init__(self, analyzer: Analyzer, made: Summary) -> None:
        self.made = made
        self.table: dict[int, dict[object, Value]] = {}
        for sid, name, value in made.fields:
            self.table.setdefault(sid, {})[name] = value

    def attributes_of_self(self) -> dict[str, Shape]:
        receiver = self.made.params[0] if self.made.params else ""
        result: dict[str, Shape] = {}
        paths = self._paths(receiver)
        for sid, held in self.table.items():
            record = self.made.storages[sid]
            if record.kind == "param" and record.key == receiver:
                for name, value in held.items():
                    result[str(name)] = self.shape(value, 0, paths)
        return result

    def _paths(self, receiver: str) -> dict[int, str]:
        """The attributes in which storages are kept, two deep."""
        paths: dict[int, str] = {}
        for sid, held in self.table.items():
            record = self.made.storages[sid]
            if record.kind == "param" and record.key == receiver:
                for name, value in held.items():
                    for view, _ in value.views:
                        paths.setdefault(view, str(name))
                        for inner, part in self.table.get(view, {}).items():
                            for below, _ in part.views:
                                paths.setdefault(below, f"{name}.{inner}")
        return paths

    def shape(self, value: Value, depth: int, paths: dict[int, str]) -> Shape:
        children: dict[object, Shape] = {}
        if depth < 4:
            for sid, _ in value.views:
                for name, child in self.table.get(sid, {}).items():
                    children[name] = self.shape(child, depth + 1, paths)
        return Shape(training.renamed(fields.bare(value), paths), children)


def _settled(frame: Frame) -> Iterable[AnyFact]:
    """The frame's facts; of writes of state, whether they are undone on the way out."""
    outside = {f.state for f in frame.facts if isinstance(f, StateWrite) and f.at not in frame.final_writes}
    for fact in frame.facts:
        if isinstance(fact, StateWrite) and fact.state in frame.restored and fact.state in outside:
            fact = msgspec.structs.replace(fact, restored=True)
        yield fact


def _join_results(a: Value, b: Value) -> Value:
    from statelint.effects.value import join as join_values

    return join_values(a, b)


__all__ = ["KEY", "KIND_OF_TYPE", "NDARRAY", "NONE", "PLAIN", "Analyzer", "LibInst", "summary"]
