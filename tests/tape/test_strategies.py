"""Writes, views and saved values: the same programs under all five strategies, and random ones."""

import linecache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tape_oracle import check_rules, numeric_jvp

import statelint.tape as tape

X = np.array([0.3, -0.8, 1.1, 0.6])


def zeros(like):
    return np.zeros_like(like)


def overwrite_saved(x):
    a = x * 1.0
    y = a * a
    a[0] = 5.0
    return np.sum(y) + np.sum(a)


def overwrite_saved_through_view(x):
    a = x * 1.0
    y = np.sin(a)
    v = a[1:3]
    v *= 3.0
    return np.sum(y * y) + np.sum(a * v[0])


def overwrite_result_saved(x):
    y = np.exp(x)
    y += 1.0
    return np.sum(y)


def overwrite_unsaved(x):
    a = x + 1.0
    y = a + x
    a[:] = 7.0
    return np.sum(y * y)


def overwrite_disjoint(x):
    a = x * 1.0
    y = a[:2] * a[:2]
    a[2:] = 9.0
    return np.sum(y)


def build_by_writes(x):
    out = zeros(x)
    for i in range(4):
        out[i] = np.sin(x[i]) * (out[i - 1] if i else 1.0)
    return np.sum(out * out)


def loop_in_place(x):
    s = x.copy()
    for _ in range(3):
        s *= x
        s[1:] += s[:-1]
    return np.sum(s)


def fancy_write(x):
    a = zeros(x)
    a[[2, 0, 2]] = np.exp(x[:3])
    a[a > 1.2] *= 2.0
    return np.sum(a * x)


def transpose_write(x):
    a = x.reshape(2, 2) * 1.0
    b = a.T
    b[0] += x[:2] * x[2:]
    a[1, 1] = b[0, 1] * x[3]
    return np.sum(a * a * b)


def self_overlap(x):
    a = x * 1.0
    a[1:] = a[:-1]
    a[:2] += a[2:]
    return np.sum(a * a)


def out_argument(x):
    a = x * 2.0
    np.multiply(a, x, out=a)
    np.sin(a, out=a)
    return np.sum(a)


def square_itself(x):
    a = x * 1.0
    a *= a
    a **= 2
    return np.sum(a)


def add_at(x):
    a = zeros(x)
    np.add.at(a, [0, 1, 0], x[:3])
    return np.sum(a * a)


def diagonal_fill(x):
    a = np.outer(x, x)
    np.fill_diagonal(a, x * 3.0)
    return np.sum(a * a)


def scalar_rebinding(x):
    t = x[0]
    u = t
    t += x[1]
    return t * u


def copyto(x):
    a = zeros(x)
    np.copyto(a, x * x)
    np.copyto(a, x, where=np.array([True, False, True, False]))
    return np.sum(a * x)


PROGRAMS = [
    overwrite_saved,
    overwrite_saved_through_view,
    overwrite_result_saved,
    overwrite_unsaved,
    overwrite_disjoint,
    build_by_writes,
    loop_in_place,
    fancy_write,
    transpose_write,
    self_overlap,
    out_argument,
    square_itself,
    add_at,
    diagonal_fill,
    scalar_rebinding,
    copyto,
]
CLOBBERING = [overwrite_saved, overwrite_saved_through_view, overwrite_result_saved, overwrite_disjoint]
REFUSED = {
    "prohibit": CLOBBERING,
    "version": CLOBBERING,
    "proved": CLOBBERING,
    "copy-on-write": [],
    "functional": [],
}


def expected_gradient(f, x=X):
    return np.array([numeric_jvp(f, [x], [e]) for e in np.eye(x.size)])


@pytest.mark.parametrize("strategy", tape.STRATEGIES)
@pytest.mark.parametrize("f", PROGRAMS)
def test_right_or_refused(f, strategy):
    if f in REFUSED[strategy]:
        with pytest.raises(tape.MutationError, match=r"test_strategies\.py:"):
            tape.grad(f, strategy=strategy)(X)
        return
    np.testing.assert_allclose(tape.grad(f, strategy=strategy)(X), expected_gradient(f), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("strategy", ["copy-on-write", "functional"])
@pytest.mark.parametrize("f", PROGRAMS)
def test_both_modes_and_second_order_with_writes(f, strategy):
    with tape.using(strategy):
        check_rules(f, [X])


@pytest.mark.parametrize("strategy", tape.STRATEGIES)
def test_forward_mode_needs_no_saved_values(strategy):
    for f in PROGRAMS:
        with tape.using(strategy):
            _, t = tape.jvp(f, (X,), (np.ones(4),))
        np.testing.assert_allclose(t, numeric_jvp(f, [X], [np.ones(4)]), rtol=1e-7, atol=1e-8)


def test_the_error_names_both_operations_and_lines():
    with pytest.raises(tape.MutationError) as caught:
        tape.grad(overwrite_saved)(X)
    text = str(caught.value)
    assert "'multiply'" in text
    assert "y = a * a" in text
    assert "'setitem'" in text
    assert "a[0] = 5.0" in text


def test_prohibit_refuses_at_the_write():
    seen = []

    def f(x):
        a = x * 1.0
        y = a * a
        seen.append("before")
        a[0] = 5.0
        seen.append("after")
        return np.sum(y)

    with pytest.raises(tape.MutationError, match="prohibit"):
        tape.grad(f, strategy="prohibit")(X)
    assert seen == ["before"]


def lines_of(f, text):
    code = f.__code__
    first = code.co_firstlineno
    for n in range(first, first + 20):
        if text in linecache.getline(code.co_filename, n):
            return {("test_strategies.py", n)}
    raise AssertionError(text)


def test_a_proof_lets_a_harmless_write_pass():
    facts = tape.proof(lines_of(overwrite_disjoint, "a[2:] = 9.0"))
    with pytest.raises(tape.MutationError):
        tape.grad(overwrite_disjoint, strategy="proved")(X)
    with tape.using("proved", facts):
        g = tape.grad(overwrite_disjoint)(X)
    np.testing.assert_allclose(g, expected_gradient(overwrite_disjoint))


def test_a_wrong_proof_is_refuted():
    facts = tape.proof(lines_of(overwrite_saved, "a[0] = 5.0"))
    with tape.using("proved", facts), pytest.raises(tape.ProofRefutedError, match="declared harmless"):
        tape.grad(overwrite_saved)(X)


def test_plain_arrays_are_saved_by_value():
    c = np.array([1.0, 2.0, 3.0, 4.0])

    def f(x):
        y = x * c
        c[:] = 0.0
        return np.sum(y)

    np.testing.assert_allclose(tape.grad(f)(X), [1.0, 2.0, 3.0, 4.0])


def test_indices_and_conditions_are_kept_by_value():
    index, mask, along = np.array([0, 1]), np.array([True, False, True, False]), np.array([3, 0])

    def f(x):
        y = np.sum(x[index] ** 2) + np.sum(np.where(mask, x, 0.0)) + np.sum(np.take_along_axis(x, along, 0))
        index[:], mask[:], along[:] = 3, False, 1
        return y

    np.testing.assert_allclose(tape.grad(f)(X), [2 * X[0] + 2, 2 * X[1], 1, 1])


@pytest.mark.parametrize("schedule", ["recompute", "binomial"])
def test_plain_inputs_of_recomputed_steps_are_kept_by_value(schedule):
    u, c = np.ones((5, 4)), np.full(4, 2.0)

    def f(x):
        y = tape.rollout(lambda _, s, v: np.sin(s) * v, None, x, u, schedule=schedule, snapshots=2)
        z = tape.checkpoint(lambda s, k: s * s * k)(y, c)
        u[:], c[:] = 0.0, 0.0
        return np.sum(z)

    def reference(x):
        for _ in range(5):
            x = np.sin(x)
        return np.sum(x * x * 2.0)

    np.testing.assert_allclose(tape.grad(f)(X), tape.grad(reference)(X), rtol=1e-12)


def test_cotangents_are_the_callers_own():
    g = np.ones(4)
    (c,) = tape.vjp(lambda x: x, X)[1](g)
    assert c is not g
    a = tape.variable(X)
    b = a * 1.0
    b[0] = 3.0
    y = np.sum(b * b)
    gb, ga = tape.gradient(y, [b, a])
    np.testing.assert_allclose(gb.numpy(), 2 * np.array([3.0, *X[1:]]))
    np.testing.assert_allclose(ga.numpy(), [0.0, *(2 * X[1:])])


def test_arguments_are_the_callers():
    x = X.copy()
    tape.grad(lambda v: np.sum(v.__imul__(2.0)))(x)
    np.testing.assert_array_equal(x, X)


def test_broadcast_views_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        tape.grad(lambda x: np.sum(np.broadcast_to(x, (2, 4)).__iadd__(1.0)))(X)


def test_leaving_the_record_is_refused():
    for leave in (np.asarray, float, lambda v: np.zeros(1).__setitem__(0, v)):
        with pytest.raises((tape.LeakError, ValueError)) as caught:
            tape.grad(lambda x, leave=leave: leave(x[0]) or x[0])(X)
        assert isinstance(caught.value, tape.LeakError) or isinstance(caught.value.__cause__, tape.LeakError)
    assert tape.grad(lambda x: x[0] * x[1].item())(X)[1] == 0.0


def test_no_grad_writes_change_values_but_not_history():
    def f(x):
        a = x + 0.0
        with tape.no_grad():
            a += 1.0
        return np.sum(a * a)

    np.testing.assert_allclose(tape.grad(f)(X), 2 * (X + 1.0))


def test_stop_gradient_shares_memory():
    def f(x):
        a = x * 1.0
        d = tape.stop_gradient(a)
        a[0] = 2.0 * x[1]
        return np.sum(a * d)

    with tape.using("copy-on-write"):
        g = tape.grad(f)(X)
    a = X.copy()
    a[0] = 2 * X[1]
    np.testing.assert_allclose(g, [0.0, a[1] + 2 * a[0], a[2], a[3]])


def test_a_tape_in_hand_and_its_graph():
    with tape.Tape(strategy="copy-on-write") as t:
        x = t.watch(X)
        a = x * 1.0
        low, high, both = a[:2], a[2:], a[1:3]
        y = np.sum(a * a)
        low *= 2.0
        graph = tape.storage_graph({"a": a, "low": low, "high": high, "both": both, "x": x})
    np.testing.assert_allclose(t.gradient(y, x).numpy(), 2 * X)
    assert graph["aliases"] == [["a", "both"], ["a", "high"], ["a", "low"], ["both", "high"], ["both", "low"]]
    assert {s["name"]: s["version"] for s in graph["storages"]} == {"a": 1, "x": 0}
    assert [s["writers"][0].split(",")[0] for s in graph["storages"] if s["writers"]] == ["multiply in place"]
    assert {e["label"] for e in graph["edges"] if e["source"] == "name:both"} == {"[1; 2; 1]"}
    assert {e["kind"] for e in graph["edges"]} == {"views", "overwrites", "saves"}


# -- random programs ---------------------------------------------------------------------------------------------------
STEP = st.tuples(
    st.sampled_from(["view", "write", "scale", "mul", "sin", "exp", "add", "fancy", "copy", "reverse"]),
    st.integers(0, 7),
    st.integers(0, 7),
    st.integers(0, 3),
    st.integers(1, 4),
)


def run_program(steps, x):
    values = [x * 1.0, np.zeros_like(x)]
    for kind, i, j, low, length in steps:
        a, b = values[i % len(values)], values[j % len(values)]
        n = min(a.shape[0], b.shape[0])
        if n == 0:
            continue
        match kind:
            case "view":
                values.append(a[low : low + length])
            case "reverse":
                values.append(a[::-1])
            case "write":
                a[:n] = np.cos(b[:n])
            case "scale":
                a *= 0.5
            case "mul":
                values.append(a[:n] * b[:n])
            case "sin":
                values.append(np.sin(a))
            case "exp":
                values.append(np.exp(a * 0.3))
            case "add":
                a[:n] += b[n - 1] * 0.5
            case "fancy":
                a[[0, n - 1, 0]] = b[0] * 0.7
            case "copy":
                values.append(a.copy())
    return sum(np.sum(v * v) for v in values)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(STEP, max_size=8))
def test_random_programs_are_right_or_refused(steps):
    def f(x):
        return run_program(steps, x)

    expected = expected_gradient(f)
    tolerance = {"rtol": 1e-6, "atol": 1e-6 * max(1.0, np.abs(expected).max())}
    for strategy in tape.STRATEGIES:
        try:
            g = tape.grad(f, strategy=strategy)(X)
        except tape.MutationError:
            assert strategy not in ("copy-on-write", "functional")
            continue
        np.testing.assert_allclose(g, expected, **tolerance)
    with tape.using("copy-on-write"):
        _, t = tape.jvp(f, (X,), (np.ones(4),))
    np.testing.assert_allclose(t, expected.sum(), **tolerance)
