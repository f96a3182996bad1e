"""The four questions: same values, right gradient, state left alone, inputs left alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from statelint.tape.comparing import compare
from statelint.verify import inputs, places
from statelint.verify.derivative import Derivative
from statelint.verify.engines import NoGradientError, RefusedError
from statelint.verify.inputs import Arguments
from statelint.verify.program import Program, Slots, World
from statelint.verify.records import Message, Result, Row
from statelint.verify.state import Change, changes, snapshot, snapshot_inputs

_SHOWN = 4
_ROUNDING = {"double": 1e-9, "single": 1e-4}
Results = list[tuple[str, Any]]


class RunError(Exception):
    """The function does not run on its inputs."""


class Checker:
    """Runs one program and says what it saw, message by message."""

    def __init__(self, program: Program, precision: str, seconds: float) -> None:
        self.program, self.engine = program, program.engine
        self.precision, self._seconds = precision, seconds
        self._first: Results = []
        self._cost = 0.0
        self._stateful = False
        self._dropped: set[str] = set()

    # -- running ---------------------------------------------------------------------------------------------------
    def results(self, world: World, given: Arguments) -> Results:
        """What a call returns: leaves by path."""
        return list(places.leaves(self.engine, world.call(given), "result"))

    def plain(self, results: Results) -> list[tuple[str, Any]]:
        """Results as NumPy arrays and plain values, each a copy."""
        out: list[tuple[str, Any]] = []
        for path, leaf in results:
            if self.engine.is_array(leaf):
                out.append((path, self.engine.plain(leaf)))
            elif leaf is None or isinstance(leaf, (bool, int, float, complex, str, np.generic)):
                out.append((path, leaf))
            else:
                self._dropped.add(type(leaf).__name__)
        return out

    def start(self) -> World:
        """The first world, after its first run; raises what the function raises."""
        world = self.program.fresh()
        begin = time.perf_counter()
        self._first = self.plain(self.results(world, world.inputs))
        self._cost = time.perf_counter() - begin
        return world

    @property
    def finite(self) -> bool:
        """Are all floating results finite?"""
        return all(np.all(np.isfinite(v)) for _, v in self._first if np.asarray(v).dtype.kind in "fc")

    # -- the checks ------------------------------------------------------------------------------------------------
    def messages(self) -> Iterator[Message]:
        """All that was found, in order."""
        world = self.program.fresh()
        yield Message(
            inputs=inputs.described(self.engine, world.function, world.inputs), guessed=bool(self.program.guesses)
        )
        yield Message(results=[_result(p, v) for p, v in self._first][:1000])
        second = self._copies(world)
        third = self._copies(world)
        self.engine.seed(self.program.seed + 2)
        names = _names(world)
        before, given = snapshot(self.program, world), snapshot_inputs(self.program, world.inputs, names)
        first = self.plain(self.results(world, world.inputs))
        after = snapshot(self.program, world)
        moved = changes(given, snapshot_inputs(self.program, world.inputs, names))
        middle = snapshot(self.program, world)
        try:
            again: Results | Exception = self.plain(self.results(world, second))
        except Exception as error:
            again = error
        later = snapshot(self.program, world)
        touched, repeated = changes(before, after), changes(middle, later)
        self._stateful = bool(touched or repeated or moved)
        history, history_note = self._history(third)
        values = self._values(first, again, history)
        yield Message(row=values)
        yield Message(row=_inputs_row(moved))
        gradient, leaked = self._gradient()
        yield Message(row=gradient)
        yield Message(row=_state_row(touched, repeated, leaked, values))
        keys = self._keys()
        if keys is not None:
            yield Message(row=keys)
        if history_note:
            yield Message(note=history_note)
        if before.truncated:
            yield Message(note="the state is large: not all of it was compared")
        if self._dropped:
            yield Message(note=f"results of type {', '.join(sorted(self._dropped))} were not compared")
        if self.precision == "single":
            yield Message(note="it runs in single precision only: small errors of the gradient are not seen")

    def _copies(self, world: World) -> Arguments:
        return self.program.new_inputs(world)

    def _history(self, third: Arguments) -> tuple[Results | Exception | None, str]:
        """Results at the inputs after a run at others, in a world of its own; None where that can't be done."""
        world = self.program.fresh()
        slots = Slots(self.program, world)
        points = slots.points(world)
        if not points:
            return None, "no floating inputs: whether results depend on former inputs was not seen"
        count = len(slots.inputs)
        others = [p * 1.125 + np.asarray(0.0625, p.dtype) for p in points]
        base = world.inputs
        try:
            self.engine.seed(self.program.seed + 2)
            slots.assign(world, others[count:])
            self.results(world, slots.given(world, self._copies(world), self._values_like(slots, others)))
        except Exception as error:
            return (
                None,
                f"at other inputs it raises {_error(error)}: whether results depend on former inputs was not seen",
            )
        try:
            slots.assign(world, points[count:])
            self.engine.seed(self.program.seed + 2)
            return self.plain(self.results(world, base)), ""
        except Exception as error:
            return error, ""

    def _values_like(self, slots: Slots, points: list[np.ndarray[Any, Any]]) -> list[Any]:
        return [self.engine.array(p, like) for p, like in zip(points, slots.inputs.values(), strict=False)]

    def _values(self, first: Results, again: Results | Exception, history: Results | Exception | None) -> Row:
        if isinstance(again, Exception):
            return Row("values", "refuted", f"the second run on equal inputs raises {_error(again)}")
        tolerance = _ROUNDING[self.precision]
        gaps = _differences(first, again, tolerance)
        if gaps:
            hidden = not _differences(self._first, first, tolerance) and self._draws()
            text = "two runs on equal inputs differ" + (": it draws from a global generator" if hidden else "")
            return Row("values", "refuted", text, tuple(gaps))
        if isinstance(history, Exception):
            return Row("values", "refuted", f"after a run at other inputs it raises {_error(history)}")
        if history is not None:
            gaps = _differences(first, history, tolerance)
            if gaps:
                return Row("values", "refuted", "a former run at other inputs changes the result", tuple(gaps))
        if not first:
            return Row("values", "proved", "it returns no numbers; nothing to differ")
        return Row("values", "proved", "the same when run twice" + (", and after other inputs" if history else ""))

    def _keys(self) -> Row | None:
        """What the framework's checker of random keys says; None where there is nothing to say."""
        world = self.program.fresh()
        given = world.inputs
        leaves = [leaf for _, leaf in places.leaves(self.engine, [list(given[0]), given[1]])]
        try:
            found = self.engine.reused_key(lambda: world.call(given))
        except MemoryError:
            raise
        except Exception as error:
            return Row("keys", "inconclusive", f"under {self.engine.by}'s key checker it raises {_error(error)}")
        if found:
            return Row("keys", "refuted", f"a random key is consumed twice: {found}")
        if any(self.engine.is_key(leaf) for leaf in leaves):
            return Row("keys", "proved", f"{self.engine.by}'s checker sees no random key consumed twice")
        return None

    def _draws(self) -> bool:
        """With the generators set back, do two runs agree?"""
        world = self.program.fresh()
        second = self._copies(world)
        self.engine.seed(self.program.seed + 2)
        before = self.engine.generators()
        one = self.plain(self.results(world, world.inputs))
        drawn = repr(before) != repr(self.engine.generators())
        self.engine.seed(self.program.seed + 2)
        return drawn and not _differences(one, self.plain(self.results(world, second)), _ROUNDING[self.precision])

    # -- the gradient ----------------------------------------------------------------------------------------------
    def _gradient(self) -> tuple[Row, list[Change]]:
        """The gradient's row, and what the differentiated run left behind."""
        if not self.finite:
            return Row("gradient", "inconclusive", "a result is not finite here; give other inputs"), []
        derivative = Derivative(self.program, self.results, self._stateful)
        if not derivative.points:
            return Row("gradient", "inconclusive", "nothing to differentiate: no floating arrays among the inputs"), []
        try:
            found = derivative.analytic_gradient()
        except NoGradientError as problem:
            return Row("gradient", "inconclusive", str(problem)), []
        except RefusedError as problem:
            text = f"{self.engine.by} refuses: {str(problem).splitlines()[0]}"
            return Row("gradient", "refuted", text), derivative.left()
        except MemoryError:
            raise
        except NotImplementedError as problem:
            return Row("gradient", "inconclusive", f"not covered by the tape: {problem}" if self.engine.by == "tape"
                       else str(problem)), []  # fmt: skip
        except Exception as error:
            return Row("gradient", "inconclusive", f"differentiated, it raises {_error(error)}"), derivative.left()
        left = derivative.left()
        budget = max(self._seconds / 3, 0.5)
        evaluations = budget / max(derivative.cost(), 1e-6) / 26
        if evaluations < 0.5:
            return Row("gradient", "inconclusive", "too slow for numeric differences; raise --timeout"), left
        coordinates, directions = int(min(64, evaluations)), int(max(1, min(8, evaluations)))
        complaints, count, worst = compare(derivative, found, coordinates, directions, None)
        wrong = [c.text for c in complaints if c.kind in ("gradient", "state")]
        if wrong:
            text = f"it disagrees with numeric differences in {len(wrong)} of {count} directions"
            return Row("gradient", "refuted", text, _some(wrong)), left
        if complaints:
            kinds = {
                "kink": "a kink",
                "unsure": "rounding",
                "blind": "a constant or saturated function",
                "error": "an error",
            }
            why = " and ".join(dict.fromkeys(kinds[c.kind] for c in complaints))
            return Row("gradient", "inconclusive", f"numeric differences can't tell here: {why}",
                       _some([c.text for c in complaints])), left  # fmt: skip
        return Row(
            "gradient", "proved", f"agrees with numeric differences in {count} directions (to {worst:.0e})"
        ), left


def _names(world: World) -> list[str]:
    signature = inputs.signature_of(world.function)
    names = [] if signature is None else [*signature.parameters]
    count = len(world.inputs[0])
    return names[:count] if len(names) >= count else [str(k) for k in range(count)]


def _inputs_row(moved: list[Change]) -> Row:
    hidden = [c for c in moved if not c.explicit]
    if hidden:
        return Row("inputs", "refuted", "the run changed its inputs", _some([str(c) for c in hidden]))
    if moved:
        return Row(
            "inputs", "proved", "not changed, but for the generators it was handed", _some([str(c) for c in moved])
        )
    return Row("inputs", "proved", "not changed")


def _state_row(touched: list[Change], repeated: list[Change], leaked: list[Change], values: Row) -> Row:
    held = [c for c in [*leaked, *touched, *repeated] if c.holds_run]
    if held:
        return Row("state", "refuted", f"the run leaves behind {held[0].holds_run}", _some([c.path for c in held]))
    every = list({c.path: c for c in [*repeated, *touched]}.values())
    hidden = [c for c in every if not c.declared]
    if not every:
        return Row("state", "proved", "attributes, globals, closures and generators are as before")
    shown = _some([str(c) for c in every])
    if values.verdict == "refuted" and hidden:
        return Row("state", "refuted", "state was changed, and results depend on former runs", shown)
    if not hidden:
        return Row("state", "proved", "only buffers that the module declares were changed", shown)
    if not any(not c.declared for c in repeated):
        return Row("state", "proved", "filled once; later runs left it alone and agree", shown)
    return Row("state", "inconclusive", "state was changed, though no result that was seen depends on it", shown)


def _differences(first: Results, second: Results, tolerance: float) -> list[str]:
    """Results that differ by more than rounding, in words."""
    if [p for p, _ in first] != [p for p, _ in second]:
        return [f"{len(first)} results, then {len(second)}"]
    out = []
    for (path, a), (_, b) in zip(first, second, strict=True):
        x, y = np.asarray(a), np.asarray(b)
        if x.shape != y.shape:
            out.append(f"{path}: shape {list(x.shape)}, then {list(y.shape)}")
        elif x.dtype.kind in "fc":
            with np.errstate(all="ignore"):
                scale = float(np.max(np.abs(x[np.isfinite(x)]), initial=0.0))
                if not np.allclose(x, y, tolerance, tolerance * scale, equal_nan=True):
                    gap = float(np.nanmax(np.abs(x - y))) if x.size else 0.0
                    out.append(
                        f"{path}: {_figure(x)}, then {_figure(y)}" if x.size == 1 else f"{path}: by up to {gap:.4g}"
                    )
        elif not np.array_equal(x, y):
            out.append(f"{path}: {_clip(repr(a))}, then {_clip(repr(b))}")
    return list(_some(out))


def _figure(x: np.ndarray[Any, Any]) -> str:
    return f"{x.reshape(-1)[0]:.6g}"


def _result(path: str, value: Any) -> Result:
    x = np.asarray(value)
    if x.dtype.kind in "fiub" and x.size <= 1000:
        return Result(path, [float(v) for v in x.reshape(-1)])
    return Result(path, f"{x.dtype}{list(x.shape)}" if x.size > 1 else _clip(repr(value)))


def _some(texts: list[str]) -> tuple[str, ...]:
    return (*texts[:_SHOWN], f"and {len(texts) - _SHOWN} more") if len(texts) > _SHOWN else tuple(texts)


def _error(error: BaseException) -> str:
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {_clip(lines[0], 160)}" if lines else type(error).__name__


def _clip(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."
