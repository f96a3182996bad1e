"""A call made for its effect that has none: what it computes is its result, and nothing takes it."""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence, Key
from statelint.effects.value import ARRAY, JAX, SCALAR, TENSOR, UNKNOWN, WrapRef
from statelint.effects.writes import kind_of
from statelint.evidence.body import Body, CallSite
from statelint.evidence.returned_update import NAMES as UPDATE_NAMES
from statelint.ir import nodes as ir
from statelint.models.record import FunctionModel

KIND = "dropped_result"
NAMES = None

ONLY_TENSORS = frozenset(
    [
        "masked_fill",
        "masked_scatter",
        "index_add",
        "index_copy",
        "index_fill",
        "index_put",
        "scatter_add",
        "scatter_reduce",
        "unsqueeze",
        "swapaxes",
        "addcmul",
        "addcdiv",
        "requires_grad",
        "clamp_min",
        "clamp_max",
        "detach",
    ]
)
"""Methods that in a module which imports torch nothing but a tensor is expected to have."""
UPDATES = frozenset(
    [
        "clip",
        "where",
        "append",
        "insert",
        "delete",
        "concatenate",
        "roll",
        "flip",
        "sort",
        "reshape",
        "squeeze",
        "expand_dims",
        "transpose",
        "swapaxes",
        "moveaxis",
        "nan_to_num",
        "stop_gradient",
        "dynamic_update_slice",
        "dynamic_update_slice_in_dim",
        "dynamic_update_index_in_dim",
        "tensor_scatter_nd_update",
        "tensor_scatter_nd_add",
        "clip_by_value",
        "clip_by_norm",
        "scatter",
        "scatter_add",
        "scatter_mul",
        "select",
        "tree_map_with_path",
    ]
)
"""Functions of array libraries that people call as if they changed their first argument."""
ARRAY_METHODS = frozenset(
    [
        "astype",
        "reshape",
        "clip",
        "transpose",
        "squeeze",
        "flatten",
        "swapaxes",
        "round",
        "repeat",
        "view",
        "permute",
        "expand",
        "float",
        "double",
        "half",
        "long",
        "cuda",
        "cpu",
        "contiguous",
        "sort",
    ]
)
"""Methods of arrays that give another array; those of them that an ndarray has in place are told apart."""
MAPS = frozenset(["map", "filter", "shuffle", "batch", "prefetch", "rename_column", "remove_columns"])
"""Methods of datasets that give another dataset."""
LOOPS = frozenset(("jax.lax.fori_loop", "jax.lax.while_loop"))
TREE_MAPS = frozenset(("jax.tree_util.tree_map", "jax.tree.map", "jax.tree_map"))
RECORDS = frozenset(["replace", "_replace", "apply_gradients", "apply_updates", "tree_at", "detach"])
"""Updates that nobody calls to see how long they take."""
CLOCKS = ("time.", "torch.cuda.synchronize", "torch.profiler", "torch.autograd.profiler", "timeit.", "cProfile.")
REPLACE_OPTIONS = frozenset(("to_replace", "value", "regex", "inplace", "method", "count"))


def observe(body: Body) -> Iterator[Evidence]:
    """Expression statements that are functional updates or calls of project functions."""
    for call in body.dropped:
        if body.tried(call.site):
            continue
        if call.functions:
            yield from _project(body, call)
            continue
        found = _functional(body, call)
        if found is None or (call.method not in RECORDS and _timed(body)):
            continue
        subject, doubt, instead = found
        guessed = call.method if all(name.startswith("?.") for name in call.names) and not _is_at(body, call) else ""
        details = (
            ("callee", _shown(body, call)), ("instead", instead), ("assign", _assignable(body, call)), ("guessed",
            guessed)
        )  # fmt: skip
        yield Evidence(call.at, KIND, subject, doubt, details)


def _functional(body: Body, call: CallSite) -> tuple[str, int, str] | None:
    """What was to change (a path), the doubt, and the in-place form if there is one; None if the call may have an
    effect.
    """
    if any(key in ("out", "inplace") for key, _ in call.keywords):
        return None
    if call.receiver >= 0:
        subject = _rooted(body, call.receiver)
        if not subject:
            return None
        return _method(body, call, subject)
    if len(call.names) != 1 or not call.args:
        return None
    name = call.names[0]
    model = body.analyzer.models.function(name)
    subject = _rooted(body, _operand(call))
    if name in LOOPS:
        return subject or "the carried value", 1, ""
    if name.startswith("numpy.random.") and call.method == "permutation" and subject:
        return subject, 0, "shuffle"
    if name in TREE_MAPS and len(call.args) > 1 and _plain_arithmetic(body, call.args[0]):
        return subject or "the tree", 0, ""
    if model is None or not subject or not _pure(model):
        return None
    if model.must_use:
        return subject, 1 if name.startswith("torch.") else 0, ""
    library = name.partition(".")[0] in ("numpy", "jax", "tensorflow", "autograd")
    return (subject, 0, "") if library and call.method in UPDATES else None


def _method(body: Body, call: CallSite, subject: str) -> tuple[str, int, str] | None:
    receiver = body.value(call.receiver)
    kind = kind_of(body.frame, receiver)
    models = body.analyzer.models
    names = call.names
    shown = kind & TENSOR and not kind & ~(TENSOR | UNKNOWN) and call.method in ONLY_TENSORS
    if shown and all(name.startswith("?.") for name in names):
        names = (f"torch.Tensor.{call.method}",)  # its uses show that it is a tensor
    known = [models.function(name) for name in names]
    if known and all(model is not None and model.must_use and _pure(model) for model in known):
        owners = {name.rpartition(".")[0] for name in names}
        certain = bool(owners - {"torch.Tensor"}) or not receiver.kind & ~TENSOR
        return subject, receiver.doubt + (0 if certain else 1), _in_place(body, call, owners)
    if call.method == "sort" and not (kind & (TENSOR | JAX) and not kind & ~(TENSOR | JAX)):
        return None
    # What this very call tells of its receiver is no evidence here: layers have `float()` and queues `put()` too.
    if receiver.kind & ARRAY and not receiver.kind & ~(ARRAY | UNKNOWN) and call.method in ARRAY_METHODS:
        return subject, receiver.doubt + (1 if receiver.kind & UNKNOWN else 0), ""
    if call.method == "permutation" and any(name.startswith("numpy.random.") for name in call.names) and call.args:
        path = _rooted(body, call.args[0])
        return (path, 0, "shuffle") if path else None
    if call.method in MAPS and call.args and _dataset(body, call, subject):
        return subject, 1, ""
    if receiver.refs or kind & ~UNKNOWN:
        return None
    if call.method in ("to", "cuda") and _of_batch(body, subject):
        return subject, 1, ""
    dialects = body.analyzer.dialects(body.module)
    if "torch" in dialects and call.method in ONLY_TENSORS and (call.args or call.method == "detach"):
        return subject, 1, _in_place(body, call, {"torch.Tensor"})
    options = {key for key, _ in call.keywords}
    if "jax" in dialects and not call.args and options and None not in options:
        if call.method == "apply_gradients" and "grads" in options:
            return subject, 1, ""
        if call.method == "replace" and not options & REPLACE_OPTIONS:
            return subject, 1, ""
    if call.method in ("set", "add", "multiply", "mul", "divide", "min", "max", "power", "apply") and _is_at(
        body, call
    ):
        return subject, 0, ""
    return None


def _dataset(body: Body, call: CallSite, subject: str) -> bool:
    """Whether a receiver of unknown class is a dataset, by its name and by what its module imports."""
    module = body.analyzer.symbols.module(body.module)
    roots = {target.partition(".")[0] for target, _ in module.imports.values()} if module is not None else set()
    name = subject.rpartition(".")[2].lower()
    named = "dataset" in name or name in ("ds", "train_ds", "test_ds", "val_ds", "data")
    return (
        named
        and bool(roots & {"datasets", "tensorflow", "tensorflow_datasets"})
        and not body.value(call.receiver).items
    )


def _of_batch(body: Body, name: str) -> bool:
    """Whether a name is one of several targets of a loop: an array of a batch, for a layer comes alone."""
    for site in body.of(ir.Store):
        if isinstance(site.instr, ir.Store) and site.instr.name == name:
            made = body.producer.get(site.instr.src)
            if made is not None and isinstance(made.instr, ir.Unpack) and len(made.instr.dsts) > 1:
                loop = body.producer.get(made.instr.src)
                source = body.call_of.get(loop.instr.iterable) if loop and isinstance(loop.instr, ir.For) else None
                if (
                    loop is not None
                    and isinstance(loop.instr, ir.For)
                    and (source is None or source.method == "DataLoader")
                ):
                    return True
    return False


def _plain_arithmetic(body: Body, reg: int) -> bool:
    """Whether a function computes something from its arguments without a call."""
    for module, qualname in body.analyzer.functions_behind(body.value(reg)):
        fn = body.analyzer.symbols.function(module, qualname)
        if fn is not None and fn.kind == "lambda":
            kinds = {type(instr) for instr in fn.body}
            return ir.Binary in kinds and not kinds & {ir.Call, ir.CallMethod, ir.SetItem, ir.SetAttr, ir.If}
    return False


def _is_at(body: Body, call: CallSite) -> bool:
    """``x.at[i].set(v)`` of an unknown x."""
    item = body.producer.get(call.receiver)
    if item is None or not isinstance(item.instr, ir.GetItem):
        return False
    at = body.producer.get(item.instr.obj)
    return at is not None and isinstance(at.instr, ir.GetAttr) and at.instr.name == "at"


def _in_place(body: Body, call: CallSite, owners: set[str]) -> str:
    if owners == {"torch.Tensor"} and body.analyzer.models.method("torch.Tensor", call.method + "_") is not None:
        return call.method + "_"
    return ""


def _pure(model: FunctionModel) -> bool:
    """Whether a call without ``out=`` does nothing but compute."""
    changes = [m for m in model.mutates if not m.conditions and m.what != "out"]
    other = model.draws or model.seeds or model.external or model.effect or model.backward or model.context
    return not changes and not other and not model.regions and model.result.mode != "none"


def _rooted(body: Body, reg: int) -> str:
    """The path at whose object an expression starts (``x`` of ``x.at[i]``); empty if it starts at a call: a warm-up."""
    for _ in range(12):
        path = body.path(reg)
        site = body.producer.get(reg)
        instr = site.instr if site is not None else None
        if isinstance(instr, ir.GetAttr) and instr.name == "at":
            reg = instr.obj
        elif path:
            return path
        elif isinstance(instr, ir.GetItem):
            return _rooted(body, instr.obj)
        elif isinstance(instr, (ir.GetAttr, ir.CallMethod)):
            reg = instr.obj
        else:
            return ""
    return ""


OPERANDS = {"tree_at": 1, "tree_map": 1, "map": 1, "fori_loop": -1, "while_loop": -1, "where": -1}
"""Which argument of a function is the one to be updated, if it is not the first."""


def _operand(call: CallSite) -> int:
    """The register of what a call was to change."""
    if call.receiver >= 0 and call.method != "permutation":
        return call.receiver
    index = OPERANDS.get(call.method, 0)
    return call.args[index] if len(call.args) > index else call.args[0]


def _assignable(body: Body, call: CallSite) -> str:
    """The target that takes the result, where it is the very object of the call."""
    reg = _operand(call)
    path = body.path(reg)
    if not path and _is_at(body, call):
        item = body.producer[call.receiver].instr
        assert isinstance(item, ir.GetItem)
        at = body.producer[item.obj].instr
        assert isinstance(at, ir.GetAttr)
        path = body.path(at.obj)
    return path


def _shown(body: Body, call: CallSite) -> str:
    site = call.site.instr
    if isinstance(site, ir.CallMethod):
        return body.text(call.dst)
    return body.text(call.dst) if call.dst in body.producer else call.method


def _timed(body: Body) -> bool:
    """Whether the function takes times: results of a benchmark are dropped on purpose."""
    return any(name.startswith(CLOCKS) for call in body.calls for name in call.names)


def _project(body: Body, call: CallSite) -> Iterator[Evidence]:
    """A call of project functions, with the path that stands for each of their parameters."""
    instr = call.site.instr
    if isinstance(instr, ir.Call) and any(isinstance(ref, WrapRef) for ref in body.value(instr.func).refs):
        return  # compiled: a call for warming up
    if call.starred or len(call.functions) > 3:
        return
    for key in call.functions:
        fn = body.analyzer.symbols.function(*key)
        if fn is None or not _returns_update(fn):
            return
        arguments = list(call.args)
        params = [p.name for p in fn.params if p.kind in ("normal", "positional")]
        if call.receiver >= 0 and _bound(key, fn):
            arguments.insert(0, call.receiver)
        details = [("module", key[0]), ("function", key[1]), ("callee", _shown(body, call))]
        for name, reg in (*zip(params, arguments, strict=False), *call.keywords):
            path = _rooted(body, reg)
            if name and path and body.value(reg).kind & ~SCALAR:
                details.append((f"of {name}", path))
        yield Evidence(call.at, KIND, "", 0, tuple(details))


def _returns_update(fn: ir.FunctionIR) -> bool:
    """Whether a function mentions a functional update at all."""
    stack: list[ir.Block] = [fn.body]
    while stack:
        for instr in stack.pop():
            match instr:
                case ir.CallMethod() | ir.GetAttr() if instr.name in UPDATE_NAMES:
                    return True
                case ir.LoadPath() if instr.path[-1] in UPDATE_NAMES:
                    return True
                case ir.If():
                    stack += [instr.orelse, instr.then]
                case ir.For():
                    stack += [instr.orelse, instr.body]
                case ir.With():
                    stack.append(instr.body)
    return False


def _bound(key: Key, fn: ir.FunctionIR) -> bool:
    return bool(fn.class_qualname) and "staticmethod" not in fn.decorators
