"""The static storage graph covers what really shares memory, on random straight-line programs."""

import importlib.util
import json
import random
import sys

import numpy as np

import statelint.tape as tape
from statelint.cli.main import main

PROGRAMS = 25
MAKERS = ("{a} * 2.0", "{a}[1:]", "{a}[0:2]", "{a}[2:4]", "{a}[::-1]", "{a}.reshape(-1)", "{a}.copy()", "{a}")
WRITERS = ("{a} += 1.0", "{a}[0:1] = 3.0", "{a}[:] = {b}[0:1]")


def program(k, rng):
    names, lines = ["x"], []
    for n in range(rng.randint(3, 7)):
        a, b = rng.choice(names), rng.choice(names)
        if rng.random() < 0.7:
            lines.append(f"v{n} = " + rng.choice(MAKERS).format(a=a))
            names.append(f"v{n}")
        else:
            lines.append(rng.choice(WRITERS).format(a=a, b=b))
    return f"\n\ndef f{k}(x: np.ndarray):\n" + "".join(f"    {line}\n" for line in lines) + "    return x\n"


def run_time_aliases(f):
    found = {}

    def watch(frame, event, _):
        if frame.f_code is f.__code__:
            if event == "return":
                found.update(frame.f_locals)
            return watch
        return None

    x = tape.variable(np.arange(8.0))
    before = sys.gettrace()
    sys.settrace(watch)
    try:
        f(x)
    finally:
        sys.settrace(before)
    return {tuple(sorted(pair)) for pair in tape.storage_graph(found)["aliases"]}


def test_the_static_graph_covers_the_run_time_graph(tmp_path, capsys):
    rng = random.Random(0)
    path = tmp_path / "programs.py"
    path.write_text("import numpy as np\n" + "".join(program(k, rng) for k in range(PROGRAMS)))
    spec = importlib.util.spec_from_file_location("programs", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pairs = 0
    for k in range(PROGRAMS):
        assert main(["graph", f"{path}::f{k}", "--output-format", "json"]) == 0
        static = {tuple(sorted(pair)) for pair in json.loads(capsys.readouterr().out)["aliases"]}
        seen = run_time_aliases(getattr(module, f"f{k}"))
        pairs += len(seen)
        assert seen <= static, f"f{k}"
    assert pairs > PROGRAMS
