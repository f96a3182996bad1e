"""How long a user waits for the command itself."""

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.quality.bench import Bench, RunError, run, surroundings
from benchmarks.quality.document import table

TITLE = "Start-up"
NEEDS = ""
INTRODUCTION = """
The median wall time of runs of the whole command, taken in turns. *Cold* starts with an empty cache, *warm* after a run
over the same file. The file has 40 lines and uses torch. The aims are 60 ms, 500 ms and 150 ms.
"""
PROGRAM = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, 1)

    def forward(self, x):
        h = torch.exp(self.first(x))
        g = torch.sigmoid(h)
        h = h * g
        return self.second(h).sum()


def step(net, optimizer, batch):
    optimizer.zero_grad()
    loss = net(batch)
    loss.backward()
    optimizer.step()
    return loss.item()


def train(batches, width=8, epochs=3):
    net = Net(width)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    history = []
    for _ in range(epochs):
        for batch in batches:
            history.append(step(net, optimizer, batch))
    return history


if __name__ == "__main__":
    print(train([torch.randn(4, 8) for _ in range(4)]))
    print("done")
    print("bye")
"""


def measure(bench: Bench) -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "net.py").write_text(PROGRAM)
        cache = folder / ".statelint_cache"
        environment = surroundings(STATELINT_CACHE_DIR=str(cache))
        check = (*bench.command, "check", "--isolated", "--quiet", "--cache-dir", str(cache), "net.py")
        commands = {
            "`python -c pass`": (sys.executable, "-c", "pass"),
            "`statelint --version`": (*bench.command, "--version"),
            "one file, cold": check,
            "one file, warm": check,
        }
        times: dict[str, list[float]] = {each: [] for each in commands}
        for command in commands.values():
            first = run(command, folder, environment=environment)  # compiles modules, fills the system's cache
            if first.crashed:
                raise RunError(first.trouble)
        for _ in range(bench.repeat):
            for label, command in commands.items():
                if label.endswith("cold"):
                    shutil.rmtree(cache, ignore_errors=True)
                times[label].append(run(command, folder, environment=environment).wall)
        cached = cache.is_dir()
    medians = {label: statistics.median(each) for label, each in times.items()}
    base = medians["`python -c pass`"]
    aims = {"`statelint --version`": "60", "one file, cold": "500", "one file, warm": "150"}
    rows = [
        (label, f"{1000 * each:.0f}", f"{1000 * min(times[label]):.0f}", f"{each / base:.1f}", aims.get(label, ""))
        for label, each in medians.items()
    ]
    text = table(("run", "median, ms", "fastest, ms", "ratio to `python -c pass`", "aim, ms"), rows)
    return text if cached else f"{text}\n\nThere was no cache: the warm run did the same work as the cold one."
