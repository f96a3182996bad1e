"""What the runs of torch programs show, on programs whose faults are known."""

import pytest

torch = pytest.importorskip("torch")

from benchmarks.differential.torch_truth import run  # noqa: E402
from benchmarks.differential.truth import Fault  # noqa: E402

LEAF = "import torch\nx = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)\n"


def faults(body):
    truth = run(LEAF + body)
    assert not truth.discarded
    return truth.faults


def test_a_write_that_the_counter_sees():
    assert faults("y = x.exp()\ny.mul_(2.0)\ny.sum().backward()\n") == [Fault("SL201", frozenset({4}))]


def test_the_first_of_several_writes_is_the_fault_and_the_later_ones_are_allowed():
    truth = run(LEAF + "y = x.exp()\ny[0] = 1.0\ny.add_(1.0)\ny.sum().backward()\n")
    assert truth.faults == [Fault("SL201", frozenset({4}))]
    assert ("SL201", 5) in truth.allowed


def test_a_write_that_the_counter_does_not_see():
    assert faults("y = (x * x).sum()\nx.data.mul_(2.0)\ny.backward()\n") == [Fault("SL202", frozenset({4}))]


def test_a_write_by_numpy():
    assert faults("y = (x * x).sum()\nn = x.detach().numpy()\nn[0] = 9.0\ny.backward()\n") == [
        Fault("SL202", frozenset({5}))
    ]


def test_a_leaf_and_an_expanded_view():
    assert faults("x.mul_(2.0)\n") == [Fault("SL203", frozenset({3}))]
    assert faults("y = (x * 1.0).expand(2, 2)\ny += 1.0\n") == [Fault("SL206", frozenset({4}))]


def test_an_operation_that_overwrites_what_it_saves():
    assert faults("y = x * 1.0\ny *= y\ny.sum().backward()\n") == [Fault("SL201", frozenset({4}))]


def test_right_programs():
    assert not faults("y = x.exp()\ny.sum().backward()\ny.mul_(2.0)\n")
    assert not faults("y = x.sin()\ny.mul_(2.0)\ny.sum().backward()\n")
    assert not faults("y = (x * x).sum()\nz = (x * 3.0).sum()\nx.data.mul_(2.0)\nz.backward()\n")
