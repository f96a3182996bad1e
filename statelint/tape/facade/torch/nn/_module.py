"""Modules of the torch facade: parameters, buffers and submodules by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from statelint.tape.apply import fresh
from statelint.tape.facade.torch._tensor import Tensor, wrap
from statelint.tape.record import no_grad


class Parameter(Tensor):
    """A leaf that a module owns."""

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        source = data if isinstance(data, Tensor) else wrap(np.asarray(data))
        super().__init__(source.detach()._x)
        if requires_grad:
            self.requires_grad_()


class _Handle:
    """Takes a hook away again."""

    def __init__(self, table: dict[int, Any], hook: Any) -> None:
        self._table = table
        table[id(self)] = hook

    def remove(self) -> None:
        """Take it away."""
        self._table.pop(id(self), None)


class Module:
    """A part of a model; see ``torch.nn.Module``."""

    training: bool

    def __init__(self) -> None:
        for name in ("_parameters", "_buffers", "_modules"):
            object.__setattr__(self, name, {})
        object.__setattr__(self, "_transient", set())
        object.__setattr__(self, "_forward_hooks", {})
        object.__setattr__(self, "training", True)

    def __setattr__(self, name: str, value: Any) -> None:
        if "_modules" not in self.__dict__:
            raise AttributeError("cannot assign before Module.__init__() call")
        tables = (self._parameters, self._buffers, self._modules)
        if isinstance(value, Parameter):
            into = self._parameters
        elif isinstance(value, Module):
            into = self._modules
        elif name in self._buffers and (value is None or isinstance(value, Tensor)):
            into = self._buffers
        elif name in self._parameters and value is not None:
            raise TypeError(f"cannot assign '{type(value).__name__}' as parameter '{name}'")
        else:
            for table in tables:
                table.pop(name, None)
            object.__setattr__(self, name, value)
            return
        for table in tables:
            if table is not into:
                table.pop(name, None)
        self.__dict__.pop(name, None)
        into[name] = value

    def __getattr__(self, name: str) -> Any:
        for table in ("_parameters", "_buffers", "_modules"):
            found = self.__dict__.get(table, {})
            if name in found:
                return found[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name: str) -> None:
        for table in (self._parameters, self._buffers, self._modules):
            if name in table:
                del table[name]
                return
        object.__delattr__(self, name)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """To be defined."""
        raise NotImplementedError(f"{type(self).__name__}.forward")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward``, then the hooks."""
        out = self.forward(*args, **kwargs)
        for hook in list(self._forward_hooks.values()):
            changed = hook(self, args, out)
            out = out if changed is None else changed
        return out

    def register_forward_hook(self, hook: Callable[..., Any]) -> Any:
        """Run ``hook(module, inputs, output)`` after each call, until the handle's ``remove``."""
        return _Handle(self._forward_hooks, hook)

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """State that is saved but not trained."""
        self.__dict__.pop(name, None)
        self._buffers[name] = tensor
        if not persistent:
            self._transient.add(name)

    def register_parameter(self, name: str, parameter: Any) -> None:
        """A parameter by name."""
        self._parameters[name] = parameter

    def add_module(self, name: str, module: Any) -> None:
        """A submodule by name."""
        self._modules[name] = module

    def named_modules(self, prefix: str = "", memo: set[int] | None = None) -> Iterator[tuple[str, Module]]:
        """This module and all below, each once."""
        memo = set() if memo is None else memo
        if id(self) in memo:
            return
        memo.add(id(self))
        yield prefix, self
        for name, child in self._modules.items():
            if child is not None:
                yield from child.named_modules(f"{prefix}.{name}" if prefix else name, memo)

    def modules(self) -> Iterator[Module]:
        """This module and all below."""
        return (m for _, m in self.named_modules())

    def children(self) -> Iterator[Module]:
        """Direct submodules."""
        return (m for m in self._modules.values() if m is not None)

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Direct submodules with their names."""
        return ((n, m) for n, m in self._modules.items() if m is not None)

    def _named(self, table: str) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        for prefix, module in self.named_modules():
            for name, value in getattr(module, table).items():
                if value is not None and id(value) not in seen:
                    seen.add(id(value))
                    yield (f"{prefix}.{name}" if prefix else name), value

    def named_parameters(self, recurse: bool = True) -> Iterator[tuple[str, Any]]:
        """Parameters with their names."""
        return self._named("_parameters") if recurse else iter(self._parameters.items())

    def parameters(self, recurse: bool = True) -> Iterator[Any]:
        """Parameters."""
        return (p for _, p in self.named_parameters(recurse))

    def named_buffers(self) -> Iterator[tuple[str, Any]]:
        """Buffers with their names."""
        return self._named("_buffers")

    def buffers(self) -> Iterator[Any]:
        """Buffers."""
        return (b for _, b in self.named_buffers())

    def state_dict(self) -> dict[str, Any]:
        """Parameters and saved buffers by name: views of the same memory."""
        out = {}
        for prefix, module in self.named_modules():
            for name, value in {**module._parameters, **module._buffers}.items():
                if value is not None and name not in module._transient:
                    out[f"{prefix}.{name}" if prefix else name] = value.detach()
        return out

    def load_state_dict(self, state: dict[str, Any], strict: bool = True) -> None:
        """Copy values in."""
        mine = {**dict(self.named_parameters()), **dict(self.named_buffers())}
        if strict and set(state) != set(self.state_dict()):
            raise RuntimeError(f"state_dict keys differ: {sorted(set(state) ^ set(self.state_dict()))}")
        with no_grad():
            for name, value in state.items():
                if name in mine:
                    mine[name].write(np.array(value.array().data))

    def train(self, mode: bool = True) -> Module:
        """Training mode, here and below."""
        for module in self.modules():
            object.__setattr__(module, "training", mode)
        return self

    def eval(self) -> Module:
        """Evaluation mode."""
        return self.train(False)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients."""
        for p in self.parameters():
            p.grad = None

    def requires_grad_(self, flag: bool = True) -> Module:
        """Freeze or unfreeze all parameters."""
        for p in self.parameters():
            p.requires_grad_(flag)
        return self

    def apply(self, f: Callable[[Module], Any]) -> Module:
        """Run ``f`` on every module, inner ones first."""
        for child in self.children():
            child.apply(f)
        f(self)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Module:
        """Other dtype, in place."""
        for value in (*self.parameters(), *self.buffers()):
            dtypes = [a for a in args if not isinstance(a, str)]
            if dtypes and value.array().dtype.kind == "f":
                value._x = fresh(value.array().data.astype(dtypes[0]))
                if value._leaf is not None:
                    value._leaf = None
                    value.requires_grad_()
        return self

    def double(self) -> Module:
        """Double precision."""
        return self.to(np.float64)

    def float(self) -> Module:
        """Single precision."""
        return self.to(np.float32)

    def cpu(self) -> Module:
        """There is no other device."""
        return self


class Sequential(Module):
    """Modules one after the other."""

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        named = modules[0].items() if len(modules) == 1 and isinstance(modules[0], dict) else enumerate(modules)
        for name, module in named:
            self._modules[str(name)] = module

    def forward(self, x: Any) -> Any:
        """Each in turn."""
        for module in self._modules.values():
            x = module(x)
        return x

    def __getitem__(self, index: Any) -> Any:
        parts = list(self._modules.values())
        return Sequential(*parts[index]) if isinstance(index, slice) else parts[index]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())


class ModuleList(Module):
    """A list of modules."""

    def __init__(self, modules: Any = ()) -> None:
        super().__init__()
        for module in modules:
            self.append(module)

    def append(self, module: Any) -> ModuleList:
        """One more."""
        self._modules[str(len(self._modules))] = module
        return self

    def __getitem__(self, index: Any) -> Any:
        parts = list(self._modules.values())
        return ModuleList(parts[index]) if isinstance(index, slice) else parts[index]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())


class ModuleDict(Module):
    """Modules by key."""

    def __init__(self, modules: Any = ()) -> None:
        super().__init__()
        self._modules.update(dict(modules))

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Any) -> None:
        self._modules[key] = module

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def items(self) -> Any:
        """Keys and modules."""
        return self._modules.items()

    def values(self) -> Any:
        """Modules."""
        return self._modules.values()


class ParameterList(Module):
    """A list of parameters."""

    def __init__(self, parameters: Any = ()) -> None:
        super().__init__()
        for k, p in enumerate(parameters):
            self._parameters[str(k)] = p if isinstance(p, Parameter) else Parameter(p)

    def __getitem__(self, index: int) -> Any:
        return list(self._parameters.values())[index]

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._parameters.values())
