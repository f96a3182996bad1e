"""Library behaviour: applying a model row to abstract arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.effects import fields, gradients, leaves, seeds, training, writes
from statelint.effects.facts import Backward, Draw, Effect, External, Span
from statelint.effects.frame import Frame
from statelint.effects.state import State
from statelint.effects.value import (
    ABSENT,
    ARRAY,
    CERTAINLY,
    CONTAINER,
    DETACHED,
    DICT,
    EXPANDED,
    FUNCTION,
    IMMUTABLE,
    ITERATOR,
    JAX,
    KEY,
    LEAF,
    LIST,
    MAYBE,
    NDARRAY,
    NONE,
    NOTHING,
    NUMBER,
    OBJECT,
    PLAIN,
    SCALAR,
    SET,
    STRIDED,
    TENSOR,
    TEXT,
    TF,
    TUPLE,
    UNCOUNTED,
    UNKNOWN,
    BoundRef,
    LibInst,
    Value,
    constant,
    counted_by,
    counter_of,
    join,
    join_all,
)
from statelint.effects.writes import effective, guard_texts, kind_of
from statelint.models import Models
from statelint.models.record import Condition, FunctionModel, Result
from statelint.storage import ALL, Linear, Slice, compose, rearranged

if TYPE_CHECKING:
    from statelint.effects.analyzer import Analyzer

Arguments = dict[str, Value]

KIND_OF_TYPE = {
    "tensor": TENSOR,
    "ndarray": NDARRAY,
    "jax": JAX,
    "tf": TF,
    "tensorflow.Tensor": TF,
    "scalar": NUMBER,
    "int": NUMBER,
    "float": NUMBER,
    "bool": NUMBER,
    "str": TEXT,
    "bytes": TEXT,
    "none": NONE,
    "list": LIST,
    "dict": DICT,
    "tuple": TUPLE,
    "set": SET,
    "key": KEY,
    "keys": KEY,
    "dtype": PLAIN,
    "shape": PLAIN,
    "device": PLAIN,
    "iterator": ITERATOR,
    "generator": OBJECT,
    "optimizer": OBJECT,
    "module": OBJECT,
    "unknown": UNKNOWN,
}
_DEFAULT_KIND = {"torch": TENSOR, "numpy": NDARRAY, "jax": JAX, "tensorflow": TF, "keras": TF}
_INSTANCE_OF_TYPE = {
    "generator": "numpy.random.Generator",
    "optimizer": "torch.optim.Optimizer",
    "module": "torch.nn.Module",
}


def bind(
    model: FunctionModel, args: tuple[Value, ...], starred: int, keywords: tuple[tuple[str | None, Value], ...]
) -> Arguments:
    """Arguments by the model's parameter names; ``*0``, ``*1`` ... for those beyond."""
    bound: Arguments = {}
    if model.params is None:
        for i, value in enumerate(args):
            bound[f"*{i}"] = value
    else:
        names = [p for p in model.params if p.kind == "normal"]
        variadic = next((p.name for p in model.params if p.kind == "vararg"), None)
        for i, value in enumerate(args):
            if i < len(names) and not starred & ((1 << (i + 1)) - 1):
                bound[names[i].name] = value
            elif variadic is not None:
                bound[f"*{variadic}{i}"] = value
            else:
                bound[f"*{i}"] = value
    for name, value in keywords:
        bound[name if name is not None else "**"] = value
    return bound


class Library:
    """Applies model rows in a frame."""

    def __init__(self, analyzer: Analyzer) -> None:
        self.analyzer = analyzer
        self.models = analyzer.models

    # conditions -------------------------------------------------------------------------------------------------

    def _holds(
        self, frame: Frame, state: State, model: FunctionModel, bound: Arguments, condition: Condition
    ) -> tuple[bool, int, int]:
        """Whether a condition may hold, on whose gradient (origin bits; 0: none needed), and the doubt of assuming
        it."""
        value = bound.get(condition.what)
        if condition.kind == "grad":
            if value is None:
                return condition.negated, 0, 0
            if not kind_of(frame, value) & ~SCALAR:
                return condition.negated, 0, 0
            grad = effective(state, value)[1]
            return (grad == 0 if condition.negated else grad != 0), (0 if condition.negated else grad), 0
        if condition.kind == "given":
            given = value is not None and value.kind != NONE
            return given != condition.negated, 0, 0
        if condition.kind == "array":
            known = kind_of(frame, value) if value is not None else 0
            if not known & ~SCALAR:
                return condition.negated, 0, 0
            return (not condition.negated, 0, 0) if not known & ~ARRAY else (True, 0, 1)
        const: object = ABSENT
        doubt = 0
        if value is None:
            default = next((p.default for p in model.params or () if p.name == condition.what), "")
            const = default == "True" or (default not in ("False", "None", "", "0"))
        elif value.const is not ABSENT:
            const = bool(value.const)
            doubt = value.doubt
        if const is ABSENT:
            return True, 0, 2
        return bool(const) != condition.negated, 0, doubt

    # rows -------------------------------------------------------------------------------------------------------

    def apply(
        self,
        frame: Frame,
        state: State,
        model: FunctionModel,
        bound: Arguments,
        at: Span,
        op: str,
        results: dict[str, Value] | None = None,
        texts: dict[str, str] | None = None,
    ) -> Value:
        """What a call described by ``model`` does, and its result. ``results`` are what invoked arguments returned."""
        hist = grad = deps = 0
        doubt = 0
        for name, value in bound.items():
            h, g, d = effective(state, value)
            if value.kind & CONTAINER and value.views:
                inner = fields.element(frame, state, value, at) if value.items is None else value
                ih, ig, idd = effective(state, inner)
                h, g, d = h | ih, g | ig, d | idd
            deps |= d
            if value.kind & ~SCALAR:
                hist |= h
                grad |= g
            if name in ("self", "input", "other"):
                doubt = max(doubt, value.doubt)
        if state.no_grad or model.grad in ("no", "apart"):
            hist = grad = 0
        self._outside(frame, state, model, bound, at, op)
        frame.freezes = frame.freezes or op.endswith(".requires_grad_")
        if model.external:
            deps |= frame.origin(frame.storage("external", 0, op))
        if model.key is not None:
            self.analyzer.keys.use(frame, state, model, bound, at, op)
            if model.key[0] == "derive" and model.key[1] in bound:
                derived: Value | None = self.analyzer.keys.folded(frame, bound[model.key[1]], bound.get("data"))
                if derived is not None:
                    return derived
        if model.backward:
            consumed = bound.get(model.backward)
            if consumed is None and model.backward.startswith("*"):
                consumed = next(iter(bound.values()), None)
            if consumed is not None:
                keeps = any(_keeps(bound.get(name)) for name in ("retain_graph", "create_graph"))
                beyond = self.analyzer.hazards.beyond(frame, state, bound.get("inputs"))
                self.analyzer.hazards.consume(frame, state, consumed, at, "backward", not keeps, beyond)
                if model.name.endswith(".backward") and "inputs" not in bound:
                    training.fill(frame, state, self.analyzer.hazards.history(state, consumed), at)
                if not _keeps(bound.get("create_graph")):
                    hist = grad = 0  # the gradients are outside of any graph
                frame.add(Backward(at, model.name.partition(".")[0], tuple(frame.loops)))
        bits = self._save(frame, state, model, bound, at, op, grad, False)
        mutated = self._mutate(frame, state, model, bound, at, op, hist | bits, grad, deps, texts or {})
        specs = self._specs(frame, state, model, bound) if model.alternatives else (model.result,)
        made = [
            self._result(frame, state, model, spec, bound, at, results or {}, hist | bits, grad, deps, doubt, "")
            for spec in specs
        ]
        result = made[0] if len(made) == 1 else join_all(made) or NOTHING
        if mutated and model.result.mode == "fresh":
            # What `out=` or `inplace=True` overwrote is the result.
            result = _written(mutated[-1], hist | bits, grad, deps)
        if grad and model.saves:
            after = self._save(frame, state, model, {**bound, "result": result}, at, op, grad, True)
            if after:
                result = _with_history(result, after)
                for value in mutated:
                    for sid, _ in value.views:
                        mine = state.extra.get(sid, (0, 0, 0))
                        state.extra[sid] = (mine[0] | after, mine[1], mine[2])
        return result

    def _argument(self, frame: Frame, state: State, bound: Arguments, path: str, at: Span) -> Value | None:
        """An argument, or what an access path from one leads to (``tensors[*]``, ``self.params[*].grad``)."""
        value = bound.get(path)
        if value is not None or not ("." in path or "[" in path):
            return value
        parts = path.replace("[", ".[").split(".")
        value = bound.get(parts[0])
        for part in parts[1:]:
            if value is None:
                return None
            if part == "[*]":
                if value.kind & (CONTAINER | UNKNOWN | OBJECT):
                    value = fields.element(frame, state, value, at)
            elif part[0] == "[":
                index = int(part[1:-1])
                if value.items is not None and index < len(value.items):
                    value = value.items[index]
            else:
                found = [fields.read(frame, state, sid, part) for sid, _ in value.views]
                value = join_all(found)
        return value

    def _specs(self, frame: Frame, state: State, model: FunctionModel, bound: Arguments) -> tuple[Result, ...]:
        """What the result may be: the first alternative that surely holds, and those before it that may."""
        found: list[Result] = []
        for alternative in model.alternatives:
            held = [self._holds(frame, state, model, bound, condition) for condition in alternative.conditions]
            if all(holds for holds, _, _ in held):
                found.append(alternative.result)
                if not any(doubt for _, _, doubt in held):
                    return tuple(found)
        return (*found, model.result)

    def _outside(self, frame: Frame, state: State, model: FunctionModel, bound: Arguments, at: Span, op: str) -> None:
        if model.draws:
            given = bound.get(model.draws_unless) if model.draws_unless else None
            if given is None or given.kind == NONE:
                if model.draws == "self":
                    self._own_draw(frame, state, bound, at, op)
                else:
                    frame.add(Draw(at, op, model.draws, guard_texts(frame)))
        if model.seeds:
            seeds.note(frame, state, model.seeds, seeds.argument(model, bound), at, op)
        if model.external:
            frame.add(External(at, op, model.external, guard_texts(frame)))
        if model.effect:
            frame.add(Effect(at, op, model.effect))

    def _own_draw(self, frame: Frame, state: State, bound: Arguments, at: Span, op: str) -> None:
        receiver = bound.get("self")
        for sid, _ in receiver.views if receiver is not None else ():
            reference = frame.state_ref(sid)
            if reference is not None and reference.root == "global":
                frame.add(Draw(at, f"{reference.text}.{op.rpartition('.')[2]}", "global", guard_texts(frame)))

    def _save(
        self,
        frame: Frame,
        state: State,
        model: FunctionModel,
        bound: Arguments,
        at: Span,
        op: str,
        grad: int,
        after: bool,
    ) -> int:
        if not model.saves or not grad or state.no_grad:
            return 0
        bits = 0
        for kept in model.saves:
            if kept.what.startswith("result") != after:
                continue
            if kept.what.endswith("[*]") and kept.what[:-3] not in bound:
                bits |= self._save_factors(frame, state, bound, kept.what[:-3], at, op)
                continue
            value = self._argument(frame, state, bound, kept.what, at)
            if value is None or not kind_of(frame, value) & ~SCALAR:
                continue
            needs = 0
            doubt = 0
            for condition in kept.conditions:
                holds, party, unsure = self._holds(frame, state, model, bound, condition)
                if not holds:
                    break
                needs |= party
                doubt += unsure
            else:
                what = "result" if after else "operand"
                name = frame.name_of_value(state, value) if not after else ""
                targets = value.items if value.items is not None else (value,)
                for target in targets[:1] if after else targets:
                    counter = UNCOUNTED if kept.hidden else None
                    bits |= writes.save(frame, state, target, at, op, what, name, needs or grad, doubt, counter)
        return bits

    def _save_factors(self, frame: Frame, state: State, bound: Arguments, name: str, at: Span, op: str) -> int:
        """What an operation keeps of any number of factors (``einsum``): each whose partners need a gradient."""
        factors = [v for k, v in bound.items() if k.startswith(f"*{name}") and k[len(name) + 1 :].isdigit()]
        bits = 0
        for i, value in enumerate(factors):
            needs = 0
            for j, other in enumerate(factors):
                if j != i:
                    needs |= effective(state, other)[1]
            if needs:
                text = frame.name_of_value(state, value)
                bits |= writes.save(frame, state, value, at, op, "operand", text, needs, 0)
        return bits

    def _mutate(
        self,
        frame: Frame,
        state: State,
        model: FunctionModel,
        bound: Arguments,
        at: Span,
        op: str,
        hist: int,
        grad: int,
        deps: int,
        texts: dict[str, str],
    ) -> list[Value]:
        done: list[Value] = []
        for mutation in model.mutates:
            if mutation.what == "self.parameters[*].grad":
                places = [frame.field(sid, training.PARAMETERS) for sid, _ in bound["self"].views]
                gradients.zeroed(frame, state, [p for p in places if p in frame.owners] or list(frame.owners))
                continue
            if mutation.what.endswith((".params[*]", ".params[*].grad")):
                optimizer = bound.get(mutation.what.partition(".")[0])
                if optimizer is not None and mutation.what.endswith("[*]"):
                    text = f"{frame.name_of_value(state, optimizer)}.step()"
                    training.step(frame, state, optimizer, at, text)
                elif optimizer is not None and op.endswith("zero_grad"):
                    gradients.zeroed(frame, state, training.owned(frame, state, optimizer))
                continue
            value = self._argument(frame, state, bound, mutation.what, at)
            if value is None or not kind_of(frame, value) & ~SCALAR:
                continue
            doubt = 0
            holds = True
            for condition in mutation.conditions:
                held, _, unsure = self._holds(frame, state, model, bound, condition)
                holds = holds and held
                doubt += unsure
            if not holds:
                continue
            target = texts.get(mutation.what) or frame.name_of_value(state, value)
            if mutation.contents:
                self._change_contents(frame, state, model, value, bound, at, op, target)
                continue
            mode = (
                "hidden"
                if mutation.hidden or kind_of(frame, value) == NDARRAY
                else ("no_grad" if state.no_grad or model.context == "no_grad" else "recorded")
            )
            text = texts.get("") or (
                f"{target}.{op.rpartition('.')[2]}(...)" if mutation.what == "self" else f"{op}(...)"
            )
            writes.write(frame, state, value, at, text, target, mode, (hist, grad, deps), "array", doubt)
            writes.elements_shared(frame, value, at, text, target, op, doubt)
            done.append(value)
        return done

    def _change_contents(
        self,
        frame: Frame,
        state: State,
        model: FunctionModel,
        value: Value,
        bound: Arguments,
        at: Span,
        op: str,
        target: str,
    ) -> None:
        method = op.rpartition(".")[2]
        others = [v for n, v in bound.items() if n != "self"]
        added = join_all(others) if others else None
        if method == "clear":
            fields.clear(frame, state, value)
        if added is not None and method in (
            "append",
            "add",
            "appendleft",
            "insert",
            "setdefault",
            "put",
            "push",
            "extend",
            "update",
        ):
            stored = others[-1]
            if method in ("extend", "update"):
                stored = fields.element(frame, state, stored, at)
            key: object = fields.ANY
            if method == "append" and len(value.views) == 1 and not frame.loops:
                count = fields.length(frame, state, next(iter(value.views))[0])
                key = fields.ANY if count is None or value.kind != LIST else fields.key_text(count)
            stored = self.analyzer.retention.stored(frame, state, value, stored, at, target, method, key)
            fields.assign(frame, state, value, key, stored, weak=True)
        writes.note(
            frame, state, value, at, f"{target}.{method}(...)", "call",
            (0, 0, effective(state, added)[2] if added is not None else 0), value.doubt, added,
        )  # fmt: skip

    # results ----------------------------------------------------------------------------------------------------

    def _result(
        self,
        frame: Frame,
        state: State,
        model: FunctionModel,
        spec: Result,
        bound: Arguments,
        at: Span,
        results: dict[str, Value],
        hist: int,
        grad: int,
        deps: int,
        doubt: int,
        tag: str,
    ) -> Value:
        mode = spec.mode
        kind = KIND_OF_TYPE.get(spec.type, 0)
        if spec.type and not kind:
            instance = self._instance(spec.type, frame.new(at, "r" + tag))
            return Value(
                instance.kind, instance.views, ABSENT, instance.refs, None, deps, grad, hist, doubt, instance.mark
            )
        if mode == "none":
            return NOTHING
        if mode == "fresh":
            target = _overwritten(model, bound)
            if target is not None and not tag:
                return self._alias(frame, state, model, bound, "same", target, kind, at, hist, grad, deps, tag)
            if not kind:
                kind = self._natural_kind(frame, model, bound)
            if not kind & ~SCALAR:
                known: object = None if kind == NONE else ABSENT
                return Value(kind, const=known, deps=deps, doubt=0)
            sid = frame.new(at, "r" + tag)
            mark = 0
            if model.grad == "leaf" or (model.grad == "keyword" and _is_true(bound.get("requires_grad"))):
                grad, hist, mark = CERTAINLY, 0, LEAF
            elif model.grad == "keyword":
                grad = hist = 0
            if kind & (NDARRAY | KEY) and not kind & (TENSOR | IMMUTABLE | UNKNOWN):
                grad = hist = 0
            refs = ()
            if spec.type in _INSTANCE_OF_TYPE:
                return self._instance(_INSTANCE_OF_TYPE[spec.type], sid)
            return Value(kind, frozenset(((sid, ALL),)), ABSENT, refs, None, deps, grad, hist, doubt, mark)
        if mode in ("view", "same", "maybe", "element", "call"):
            if mode == "call":
                returned = results.get(spec.of)
                if returned is not None:
                    return returned
                return Value(UNKNOWN, frozenset(((frame.new(at, "c" + tag), ALL),)), deps=deps, grad=grad, hist=hist)
            source = self._source(frame, state, bound, spec.of, at)
            if source is None:
                return Value(
                    kind or UNKNOWN, frozenset(((frame.new(at, "r" + tag), ALL),)), deps=deps, grad=grad, hist=hist
                )
            return self._alias(frame, state, model, bound, mode, source, kind, at, hist, grad, deps, tag)
        items = tuple(
            self._result(frame, state, model, item, bound, at, results, hist, grad, deps, doubt, f"{tag}.{i}")
            for i, item in enumerate(spec.items)
        )
        if mode == "tuple":
            return Value(TUPLE, items=items, deps=deps, grad=grad, hist=hist, doubt=doubt)
        sid = frame.new(at, "r" + tag)
        if items and items[0].kind == KEY:
            # Rows of split keys are told apart by their index, like the rows of an array.
            return Value(KEY, frozenset(((sid, ALL),)), deps=deps)
        if items and model.name.rpartition(".")[2] in PIECES and spec.items[0].mode == "view":
            self._pieces(frame, state, bound, sid, items[0], at)
        elif items:
            state.fields[(sid, fields.ANY)] = items[0]
        kind = {"list": LIST, "dict": DICT, "iter": ITERATOR}[mode]
        return Value(kind, frozenset(((sid, ALL),)), deps=deps, grad=grad, hist=hist, doubt=doubt)

    def _alias(
        self,
        frame: Frame,
        state: State,
        model: FunctionModel,
        bound: Arguments,
        mode: str,
        source: Value,
        kind: int,
        at: Span,
        hist: int,
        grad: int,
        deps: int,
        tag: str,
    ) -> Value:
        if mode == "element":
            return fields.element(frame, state, source, at)
        own_hist, own_grad, own_deps = effective(state, source)
        mark = source.mark
        if model.grad in ("no", "apart"):
            own_hist = own_grad = 0
            mark = counted_by(DETACHED | mark & (EXPANDED | MAYBE | STRIDED), counter_of(source))
        else:
            own_hist, own_grad = own_hist | hist, own_grad | grad
        kind = kind or source.kind
        if model.grad == "apart" or (kind == TENSOR and kind_of(frame, source) == NDARRAY):
            mark = counted_by(DETACHED | mark & (EXPANDED | MAYBE | STRIDED), frame.counter((at, tag)))
        if model.expands and _expands(bound, source):
            mark |= EXPANDED
        if model.grad == "leaf" and mode == "same":
            flag = bound.get("requires_grad")
            return leaves.require(state, source, flag is None or flag.const is not False)
        if mode == "same":
            if mark & DETACHED and model.grad == "flow":
                return source
            return Value(
                source.kind, source.views, source.const, source.refs, source.items, own_deps | deps, own_grad, own_hist,
                source.doubt, mark,
            )  # fmt: skip
        views = source.views
        method = model.name.rpartition(".")[2]
        if method in REORDERING:
            mark |= STRIDED
        if method not in SAME_AXES:
            views = frozenset((sid, rearranged(region)) for sid, region in views)
        doubt = source.doubt
        if mode == "maybe" and not (method in CONTIGUOUS and _contiguous(frame, source)):
            mark &= ~EXPANDED
            if mark & (MAYBE | STRIDED):
                mark &= ~LEAF  # two conversions, or a reordering and a reshaping, hardly leave it as it is
            mark |= MAYBE
            views |= {(frame.copy(at, tag), ALL)}
        if mode == "view" and kind == source.kind and kind & UNKNOWN:
            kind = source.kind
        return Value(kind, views, ABSENT, (), None, own_deps | deps, own_grad, own_hist, doubt, mark)

    def _source(self, frame: Frame, state: State, bound: Arguments, of: str, at: Span) -> Value | None:
        """The argument that a row's result names: a parameter, what ``*args`` took, or with ``[*]`` an element of
        one."""
        found = bound.get(of)
        if found is None:
            name = of.removesuffix("[*]")
            whole = bound.get(name)
            if whole is not None:
                return fields.element(frame, state, whole, at)
            found = join_all(v for k, v in bound.items() if k.startswith(f"*{name}") and k[len(name) + 1 :].isdigit())
        return found

    def _natural_kind(self, frame: Frame, model: FunctionModel, bound: Arguments) -> int:
        root = model.name.partition(".")[0]
        default = _DEFAULT_KIND.get(root, 0)
        if default:
            return default
        first = next(iter(bound.values()), None)
        return kind_of(frame, first) & ARRAY if first is not None and root == "builtins" else UNKNOWN

    def _instance(self, name: str, sid: int) -> Value:
        return instance(self.models, name, sid)

    def _pieces(self, frame: Frame, state: State, bound: Arguments, sid: int, whole: Value, at: Span) -> None:
        """The pieces that an array is split into do not overlap: their bounds are one unknown scale, in rising
        order."""
        axis = bound.get("axis", bound.get("dim"))
        number = 0 if axis is None else axis.const
        state.fields[(sid, fields.ANY)] = whole
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 4:
            return
        scale = frame.symbol((at, "pieces"))
        base = next((v for name, v in bound.items() if name in ("self", "input", "tensor", "ary")), whole)
        for i in range(4):
            region = (None,) * number + (Slice(Linear(scale, i), Linear(scale, i + 1), False),)
            views = frozenset((s, compose(r, region)) for s, r in base.views)
            state.fields[(sid, fields.key_text(i))] = Value(
                whole.kind, views, ABSENT, (), None, whole.deps, whole.grad, whole.hist, whole.doubt,
                whole.mark | STRIDED
            )  # fmt: skip

    # members ----------------------------------------------------------------------------------------------------

    def attribute(self, frame: Frame, state: State, obj: Value, word: str, name: str, at: Span) -> Value:
        """``obj.name`` for an array or builtin container."""
        if obj.items is not None and name in RETURN_FIELDS and RETURN_FIELDS[name] < len(obj.items):
            return obj.items[RETURN_FIELDS[name]]
        if name == "grad":
            return Value(TENSOR | NONE, frozenset(((frame.new(at, "grad"), ALL),)))
        typed = self.models.attribute(word, name)
        model = self.models.method(word, name)
        if typed is not None and (model is None or KIND_OF_TYPE.get(typed, UNKNOWN) & SCALAR):
            kind = KIND_OF_TYPE.get(typed, UNKNOWN)
            if kind & SCALAR or name in (
                "shape",
                "dtype",
                "device",
                "ndim",
                "size",
                "requires_grad",
                "names",
                "layout",
            ):
                return Value(kind if kind & SCALAR else PLAIN, doubt=0)
            hist, grad, deps = effective(state, obj)
            return Value(
                kind, frozenset(((frame.new(at, name), ALL),)), deps=deps, grad=grad, hist=hist, doubt=obj.doubt
            )
        if name == "at" and kind_of(frame, obj) & JAX:
            return Value(FUNCTION, refs=(BoundRef(obj, "at"),))
        if model is not None and name in PROPERTIES:
            return self.apply(frame, state, model, {"self": obj}, at, f"{word}.{name}")
        return Value(FUNCTION, refs=(BoundRef(obj, name),))

    def guessed_attribute(self, frame: Frame, state: State, obj: Value, name: str, at: Span) -> Value | None:
        """``obj.name`` where obj's type is unknown but the name tells that it is an array."""
        if name in SHAPE_LIKE:
            return Value(PLAIN, doubt=0)
        if name in ("T", "mT", "data", "real", "imag") and self.analyzer.dialects(frame.module) & {"torch", "numpy"}:
            word = "tensor" if "torch" in self.analyzer.dialects(frame.module) else "ndarray"
            model = self.models.method(word, name)
            if model is not None and (
                name != "data" or (word == "tensor" and not obj.refs and _root_is_tensorlike(frame, obj))
            ):
                return self.apply(frame, state, model, {"self": obj}, at, f"{word}.{name}")
        return None


def instance(models: Models, name: str, sid: int, options: tuple[tuple[str, object], ...] = ()) -> Value:
    """A new instance of a library's class. A variable of TensorFlow is an array too."""
    model = models.class_(name)
    array = TF if model is not None and model.kind == "array" and name.startswith(("tensorflow.", "keras.")) else 0
    return Value(OBJECT | array, frozenset(((sid, ALL),)), refs=(LibInst(name, options),))


SAME_AXES = frozenset(
    [
        "detach",
        "data",
        "numpy",
        "from_numpy",
        "asarray",
        "asanyarray",
        "ascontiguousarray",
        "array",
        "as_tensor",
        "contiguous",
        "to",
        "cpu",
        "cuda",
        "float",
        "double",
        "half",
        "bfloat16",
        "type",
        "type_as",
        "astype",
        "real",
        "imag",
        "requires_grad_",
        "alias",
    ]
)
"""Views, or arguments returned as they are, whose elements stand at the same indices."""
REORDERING = frozenset(
    [
        "T",
        "t",
        "mT",
        "H",
        "mH",
        "transpose",
        "permute",
        "swapaxes",
        "swapdims",
        "movedim",
        "moveaxis",
        "rollaxis",
        "diagonal",
        "as_strided",
        "unfold",
        "expand",
        "expand_as",
        "broadcast_to",
        "narrow",
        "split",
        "chunk",
        "tensor_split",
        "hsplit",
        "vsplit",
        "dsplit",
        "array_split",
        "unbind",
        "flip",
        "flipud",
        "fliplr",
        "rot90",
        "permute_dims",
        "matrix_transpose",
        "adjoint",
        "sliding_window_view",
        "broadcast_arrays",
    ]
)
"""Views that may leave gaps between their elements or change their order."""
PIECES = frozenset(("split", "array_split", "chunk", "tensor_split"))
"""What cuts an array along an axis."""
CONTIGUOUS = frozenset(("reshape", "reshape_as", "flatten", "ravel", "contiguous"))
"""What gives a view, or its argument, if that is laid out in the order of its elements."""
RETURN_FIELDS = {
    "values": 0, "indices": 1, "min": 0, "max": 1, "sign": 0, "logabsdet": 1, "Q": 0, "R": 1, "U": 0, "S": 1, "V": 2,
    "Vh": 2, "eigenvalues": 0, "eigenvectors": 1, "mantissa": 0, "exponent": 1, "LU": 0, "pivots": 1, "L": 0, "info": 1,
    "solution": 0, "residuals": 1, "quotient": 0, "remainder": 1, "counts": 1, "unique_inverse": 1,
}  # fmt: skip
"""Positions of the named results of functions that return several (``torch.return_types``, NumPy's ``...Result``)."""
SHAPE_LIKE = frozenset(("shape", "dtype", "device", "ndim", "is_cuda", "requires_grad", "itemsize", "nbytes"))
PROPERTIES = frozenset(("T", "mT", "H", "mH", "data", "real", "imag", "flat", "grad"))


def _root_is_tensorlike(frame: Frame, obj: Value) -> bool:
    return any(frame.storages[sid].kind == "param" or frame.evidence.get(sid, 0) & TENSOR for sid, _ in obj.views)


def _expands(bound: Arguments, source: Value) -> bool:
    """Whether a view is made larger than what it views: not if the size asked for is something's shape, or its own."""
    others = [value for name, value in bound.items() if value is not source and not name.startswith("implicit")]
    return any(
        v.items is not None or v.kind & (NUMBER | LIST | UNKNOWN) or (v.kind & TENSOR and v.views != source.views)
        for v in others
    )


def _contiguous(frame: Frame, value: Value) -> bool:
    """Whether a value surely lies in the order of its elements without gaps: what was allocated here, or rows of it."""
    if value.mark & (EXPANDED | STRIDED):
        return False
    return all(frame.storages[sid].kind in ("new", "old") for sid, _ in value.views)


def _overwritten(model: FunctionModel, bound: Arguments) -> Value | None:
    """The argument that a call writes its result into, and returns: ``out``, or the one changed for
    ``inplace=True``."""
    for mutation in model.mutates:
        inplace = any(c.what == "inplace" for c in mutation.conditions) and _is_true(bound.get("inplace"))
        value = bound.get(mutation.what)
        if value is not None and value.kind != NONE and (inplace or mutation.what == "out"):
            return value.items[0] if value.items is not None and len(value.items) == 1 else value
    return None


def _keeps(value: Value | None) -> bool:
    """Whether an argument of backward may ask it to keep the graph."""
    return value is not None and not (value.const is None or value.const is False)


def _is_true(value: Value | None) -> bool:
    return value is not None and value.const is True


def _written(value: Value, hist: int, grad: int, deps: int) -> Value:
    return Value(
        value.kind, value.views, ABSENT, value.refs, value.items, value.deps | deps, value.grad | grad,
        value.hist | hist, value.doubt, value.mark,
    )  # fmt: skip


def _with_history(value: Value, bits: int) -> Value:
    items = value.items
    if items is not None:
        items = tuple(_with_history(v, bits) if v.kind & (ARRAY | UNKNOWN) else v for v in items)
    return Value(
        value.kind, value.views, value.const, value.refs, items, value.deps, value.grad, value.hist | bits,
        value.doubt, value.mark,
    )  # fmt: skip


__all__ = ["Arguments", "Library", "bind", "constant", "join"]
