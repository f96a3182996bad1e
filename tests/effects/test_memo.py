"""Results on demand: cycles, and the iteration of a node that asks for itself."""

from __future__ import annotations

from statelint.effects.memo import MAX_ROUNDS, Memo


def test_a_node_that_asks_for_itself_is_iterated_from_below() -> None:
    memo = Memo()

    def reach() -> frozenset[int]:
        below: frozenset[int] = memo.compute("f", reach, lambda: frozenset(range(100)), frozenset)
        return below | {1, 2}

    assert memo.compute("f", reach, lambda: frozenset(range(100)), frozenset) == {1, 2}


def test_an_iteration_that_does_not_settle_gives_the_coarse_result() -> None:
    memo = Memo()
    runs = 0

    def grow() -> int:
        nonlocal runs
        runs += 1
        below: int = memo.compute("f", grow, lambda: -1, lambda: 0)
        return below + 1

    assert memo.compute("f", grow, lambda: -1, lambda: 0) == 0
    assert runs == 1 + MAX_ROUNDS


def test_a_settled_result_is_kept() -> None:
    memo = Memo()
    runs = 0

    def make() -> str:
        nonlocal runs
        runs += 1
        memo.compute("f", make, lambda: "top", lambda: "bottom")
        return "done"

    first = memo.compute("f", make, lambda: "top", lambda: "bottom")
    made = runs
    assert (first, memo.compute("f", make, lambda: "top", lambda: "bottom"), runs) == ("done", "done", made)


def test_a_cycle_of_two_takes_the_fallback() -> None:
    memo = Memo()

    def even() -> str:
        return "even after " + memo.compute("odd", odd, lambda: "?", lambda: "bottom")

    def odd() -> str:
        return "odd after " + memo.compute("even", even, lambda: "?", lambda: "bottom")

    assert memo.compute("even", even, lambda: "?", lambda: "bottom") == "even after odd after ?"
    assert memo.compute("odd", odd, lambda: "?", lambda: "bottom") == "odd after even after ?"
