"""check_grad: proves what is right, refutes what is wrong, and says what it could not see."""

import numpy as np
import pytest

import statelint.tape as tape

X = np.array([0.3, -0.8, 1.1])


def verdict(f, *args, **kwargs):
    return tape.check_grad(f, *args, **kwargs).verdict


def test_proves_smooth_functions():
    assert verdict(lambda x, y: np.sum(np.sin(x) * y), X, 2.0) == "proved"
    assert verdict(lambda x: np.exp(x).reshape(3, 1) @ x[None], X, order=2) == "proved"
    assert verdict(lambda p: p["w"] @ p["b"], {"w": np.eye(3) + 1, "b": X}) == "proved"
    assert verdict(lambda z: np.abs(z) ** 2 * z, X + 1j) == "proved"
    assert verdict(lambda x: np.sum(np.tanh(x)), np.linspace(-2, 2, 1000)) == "proved"
    assert verdict(lambda x: np.sum(x * x), X.astype(np.float32)) == "proved"
    assert verdict(lambda x: 1e8 * x**3, 1e5) == "proved"
    assert verdict(lambda x: 1e-8 * np.sin(1e6 * x), 1e-6) == "proved"


def test_refutes_a_wrong_rule_and_names_the_coordinate():
    @tape.custom_vjp
    def wrong(x):
        return np.sum(x**2)

    wrong.defvjp(lambda x: (np.sum(x**2), x), lambda x, g: (g * np.array([2.0, 2.0, 2.001]) * x,))
    found = tape.check_grad(wrong, X)
    assert found.verdict == "refuted"
    assert [c.kind for c in found.complaints if "input 0[2]" in c.text] == ["gradient"]
    assert "numeric" in found.complaints[0].text
    assert not found


def test_dropped_derivatives_are_refuted():
    assert verdict(lambda x: np.sum(x * (x.numpy() if isinstance(x, tape.Array) else x)), X) == "refuted"


@pytest.mark.parametrize("f", [np.abs, lambda x: np.maximum(x, 0.0), lambda x: np.sum(np.clip(x, 0.0, 1.0))])
def test_kinks_are_recognised(f):
    found = tape.check_grad(f, np.zeros(1))
    assert found.verdict == "inconclusive"
    assert {c.kind for c in found.complaints} == {"kink"}


def test_a_wrong_derivative_at_a_kink_is_refuted():
    @tape.custom_vjp
    def relu(x):
        return np.maximum(x, 0.0)

    relu.defvjp(lambda x: (np.maximum(x, 0.0), None), lambda _, g: (g * 1.5,))
    assert verdict(relu, 0.0) == "refuted"


def test_saturation_is_said():
    found = tape.check_grad(np.tanh, 400.0)
    assert found.verdict == "inconclusive"
    assert found.complaints[0].kind == "blind"


def test_noise_is_not_taken_for_a_derivative():
    found = tape.check_grad(lambda x: np.sum(np.sin(x * 1e12) * 1e-3), X)
    assert found.verdict != "proved"


def test_state_is_detected():
    class Counter:
        total = 0.0

        def add(self, x):
            self.total = self.total + float(np.sum(x if isinstance(x, np.ndarray) else x.numpy()))
            return np.sum(x) * self.total

    found = tape.check_grad(Counter().add, X)
    assert found.verdict == "refuted"
    assert any("two runs" in c.text for c in found.complaints)
    assert any("self.total" in c.text for c in found.complaints)


def test_changed_arguments_and_closures_are_detected():
    calls = []

    def mutates(x):
        x *= 2.0
        return np.sum(x)

    def remembers(x):
        calls.append(1)
        return np.sum(x)

    found = tape.check_grad(mutates, X)
    assert found.verdict == "refuted"
    assert "argument 0 was changed" in str(found)
    assert "closure variable calls" in str(tape.check_grad(remembers, X))


def test_random_draws_are_detected():
    rng = np.random.default_rng(0)
    assert verdict(lambda x: np.sum(x * rng.standard_normal(3)), X) == "refuted"


def test_refusals_of_the_tape_are_inconclusive():
    def f(x):
        a = x * 1.0
        y = a * a
        a[0] = 1.0
        return np.sum(y)

    found = tape.check_grad(f, X)
    assert found.verdict == "inconclusive"
    assert "MutationError" in str(found)
