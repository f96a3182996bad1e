"""SL407: what differs between training and evaluation is run with no word on which it is."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft, region_chain
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL407"


def check(program: Program) -> Iterable[Draft]:
    """Functional dropout in forward passes; Keras models that are fitted; models called under a tape."""
    seen = list(program.evidence("mode_ignored"))
    fitted = any(found.detail("what") == "fit" for _, found in seen)
    for info, found in seen:
        layer = found.detail("layer")
        match found.detail("what"):
            case "function" | "rate" as what:
                regions = [
                    r for r in program.regions_of(info) if r.kind == "forward" and r.root[1].endswith(".forward")
                ]
                if not regions:
                    continue
                name = found.subject
                if what == "rate":
                    rate = found.detail("rate")
                    message = (
                        f"`{name}` drops with probability `{rate}` in evaluation too: it does not see the module's mode"
                    )
                    help = f"Pass `dropout_p={rate} if self.training else 0.0`."
                else:
                    message = f"`{name}` with no `training=` drops in evaluation too: it does not see the module's mode"
                    help = "Pass `training=self.training`, or use the layer (`torch.nn.Dropout`)."
                yield draft(program, CODE, info, found.at, message, help, found.doubt, region_chain(regions[0]))
            case "model" if fitted:
                message = (
                    f"`fit` trains `{found.subject}` in inference mode, because its `call` takes no `training`: "
                    f"its {layer} acts as in evaluation"
                )
                help = (
                    "Give it the parameter, `def call(self, inputs, training=False)`; Keras hands it down to the "
                    "layers."
                )
                yield draft(program, CODE, info, found.at, message, help, found.doubt)
            case "call":
                message = (
                    f"`{found.subject}` is trained in inference mode: without `training=True` its {layer} acts as in "
                    "evaluation"
                )
                yield draft(
                    program, CODE, info, found.at, message, "Pass `training=True` in the training step.", found.doubt
                )
            case _:
                continue
