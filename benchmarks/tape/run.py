"""Time the tape beside its peers and print one table: ``python benchmarks/tape/run.py [--long] [--repeat N]``.

Peers run in the same process, in turns with the tape, and the fastest of several rounds counts, so that the ratios hold
on a machine that others use. ``--long`` adds rollouts of 10^7 recorded and 10^8 recomputed steps.
"""

from __future__ import annotations

import argparse
import resource
import time
from functools import partial

import numpy as np
import programs

import statelint.tape as tape
from statelint.tape.entries import ENTRY, Block


def fastest(calls, rounds):
    """Shortest time of each call, over rounds in which each runs once."""
    for call in calls.values():
        call()
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            begin = time.perf_counter()
            call()
            best[name] = min(best[name], time.perf_counter() - begin)
    return best


def row(what, value, unit, bar=""):
    print(f"{what:<58} {value:>12.4g} {unit:<14} {bar}", flush=True)


def record(steps):
    from statelint.tape.kernel_types import Leaf

    block = Block(5)
    leaves = [Leaf(v, k, block.address) for k, v in enumerate(programs.POINT, start=1)]
    out = programs.pendulum.compiled(*leaves, steps)
    block.require_whole()
    return block, out


def triad():
    import numba

    @numba.njit
    def run(a, b, c):
        for i in range(a.size):
            a[i] = b[i] + 3.0 * c[i]

    arrays = [np.ones(20_000_000) for _ in range(3)]
    return lambda: run(*arrays), 3 * arrays[0].nbytes


def kernels(rounds):
    steps = 10**6
    operations = steps * programs.OPERATIONS
    jax_gradient = programs.jax_gradient()
    run_triad, triad_bytes = triad()
    kept = record(steps)
    best = fastest(
        {
            "record": lambda: record(steps),
            "sweep": lambda: kept[0].reverse([(kept[1].index, 1.0)]),
            "both": lambda: tape.grad(lambda *p: programs.pendulum(*p, steps), (0, 1, 2, 3, 4))(*programs.POINT),
            "jax": lambda: jax_gradient(steps),
            "triad": run_triad,
        },
        rounds,
    )
    few = 300
    slow = fastest(
        {"autograd": lambda: programs.autograd_gradient(few), "torch": lambda: programs.torch_gradient(few)}, 3
    )
    per = {name: t / operations * 1e9 for name, t in best.items()}
    autograd_ns = slow["autograd"] / few / programs.OPERATIONS * 1e9
    entries = len(kept[0])
    touched = entries * (ENTRY.itemsize + 16)
    print(f"pendulum, {steps} steps of {programs.OPERATIONS} operations, five inputs")
    row("  tape.kernel record", per["record"], "ns/operation")
    row("  tape.kernel reverse", per["sweep"], "ns/operation")
    row("  tape.kernel gradient, all in", per["both"], "ns/operation")
    row("  jax jit(grad(scan))", per["jax"], "ns/operation")
    row("  autograd", autograd_ns, "ns/operation")
    row("  torch", slow["torch"] / few / programs.OPERATIONS * 1e9, "ns/operation")
    row("  tape / jax", per["both"] / per["jax"], "", "at most 1")
    row("  autograd / tape", autograd_ns / per["both"], "", "at least 3000")
    row("  record", entries * ENTRY.itemsize / operations, "bytes/operation", "at most 32")
    bandwidth, peak = touched / best["sweep"] / 1e9, triad_bytes / best["triad"] / 1e9
    row("  reverse sweep, bytes it has to touch", bandwidth, "GB/s")
    row("  triad", peak, "GB/s")
    row("  reverse sweep / triad", bandwidth / peak, "", "at least 0.6")
    print("time of a gradient by length")
    for count in (10**3, 10**4, 10**5, 10**6):
        t = fastest(
            {"t": lambda n=count: tape.grad(lambda x: programs.pendulum(x, *programs.POINT[1:], n))(0.5)}, rounds
        )
        row(f"  {count} steps", t["t"] / count * 1e9, "ns/step")


def long_runs():
    for name, steps, call in (
        ("recorded", 10**7, lambda: tape.grad(lambda *p: programs.pendulum(*p, 10**7), (0, 1))(*programs.POINT)),
        ("recomputed in pieces", 10**8, lambda: programs.long_pendulum(10**8)),
    ):
        begin = time.perf_counter()
        call()
        row(f"  {steps} steps, {name}", (time.perf_counter() - begin) / steps * 1e9, "ns/step")
        row("    largest memory of the process so far", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, "GB")


def array_chains(rounds):
    print("arrays: x = sin(x * y) + x, gradient in x and y")
    for n, count, scale, unit in ((1, 1000, 1e6, "us/operation"), (10**6, 5, 1e3, "ms/iteration")):
        x, y = np.full(n, 0.3), np.full(n, 0.7)
        best = fastest(
            {
                "tape": partial(programs.tape_chain, x, y, count),
                "autograd": partial(programs.autograd_chain, x, y, count),
                "torch": partial(programs.torch_chain, x, y, count),
                "numpy primal": partial(programs.chain, np, x, y, count),
            },
            rounds,
        )
        each = count * (3 if n == 1 else 1)
        for name, t in best.items():
            row(f"  n = {n}: {name}", t / each * scale, unit)
        row(f"  n = {n}: tape / autograd", best["tape"] / best["autograd"], "", "at most 0.33" if n == 1 else "below 1")
        row(f"  n = {n}: tape / torch", best["tape"] / best["torch"], "", "at most 1.3" if n == 1 else "")


def checks(rounds):
    print("check of a 500-step rollout in five inputs")
    best = fastest({"tape": lambda: tape.check_grad(lambda *p: programs.pendulum(*p, 500), *programs.POINT)}, rounds)
    peer = fastest({"torch": lambda: programs.torch_check(500)}, 1)
    row("  tape.check_grad", best["tape"] * 1e3, "ms")
    row("  torch.autograd.gradcheck", peer["torch"] * 1e3, "ms")
    row("  torch / tape", peer["torch"] / best["tape"], "", "at least 100")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()
    found = tape.check_grad(lambda *p: programs.pendulum(*p, 50), *programs.POINT)
    assert found, str(found)
    print(f"{'figure':<58} {'value':>12} {'unit':<14} bar")
    kernels(options.repeat)
    array_chains(options.repeat)
    checks(options.repeat)
    if options.long:
        long_runs()


if __name__ == "__main__":
    main()
