"""What lies under a gradient tape, and calls of unknown objects in TensorFlow's modules that may be those of a class
there.
"""

from __future__ import annotations

from collections.abc import Iterator

from statelint.effects.facts import Evidence
from statelint.evidence.body import Body

KIND = "gradient_stop"
NAMES = None


def observe(body: Body) -> Iterator[Evidence]:
    """The lines of each tape's block (*tape*), and calls of a method that just one class of the module defines
    (*call*).
    """
    if "tensorflow" not in body.analyzer.dialects(body.module):
        return
    module = body.analyzer.symbols.module(body.module)
    if module is None:
        return
    if "GradientTape" in body.names:
        blocks: dict[int, list[int]] = {}
        for site in body.sites:
            if body.in_context(site, "GradientTape"):
                blocks.setdefault(site.contexts[-1], []).append(site.at[0])
        for lines in blocks.values():
            at = (min(lines), 0, max(lines), 0)
            yield Evidence(at, KIND, "", 0, (("what", "tape"),))
    for call in body.calls:
        if len(call.names) == 1 and call.names[0].startswith("?.") and call.used:
            owners = [name for name, cls in module.classes.items() if call.method in cls.methods]
            if len(owners) == 1:
                details = (
                    ("what", "call"),
                    ("module", body.module),
                    ("function", module.classes[owners[0]].methods[call.method]),
                )
                yield Evidence(call.at, KIND, call.method, 0, details)
