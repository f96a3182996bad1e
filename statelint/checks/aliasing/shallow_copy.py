"""SL307: a copy shares what is changed afterwards."""

from __future__ import annotations

from collections.abc import Iterable

from statelint.checks.drafting import draft
from statelint.effects.facts import Evidence, FunctionFacts, Link
from statelint.effects.program import Program
from statelint.findings import Draft

CODE = "SL307"


def check(program: Program) -> Iterable[Draft]:
    """State dictionaries kept while training goes on, and copies that are one level too shallow."""
    loads: dict[tuple[str, str, str], tuple[FunctionFacts, Evidence]] = {}
    for info, fact in program.evidence("shallow_copy"):
        if fact.detail("form") == "loaded" and info.owner:
            for module, owner in program.family((info.module, info.owner)):
                loads.setdefault((module, owner, fact.detail("attribute")), (info, fact))
    for info, fact in program.evidence("shallow_copy"):
        form, copied = fact.detail("form"), fact.detail("copy")
        if form in ("state_dict", "kept"):
            steps = fact.steps
            if form == "kept":
                found = loads.get((info.module, info.owner, fact.detail("attribute")))
                if found is None or (not fact.detail("loop") and fact.detail("model") != found[1].detail("model")):
                    continue
                use = Link(found[0].module, found[1].at, f"`{fact.subject}` is loaded here as what it was")
                steps = (*fact.steps, use)
            message = f"`{fact.subject}` holds the live tensors of the state dictionary: training goes on changing them"
            help = "Keep copies: `copy.deepcopy(model.state_dict())` or `{k: v.clone() for k, v in ...}`."
            yield draft(
                program,
                CODE,
                info,
                fact.at,
                message,
                help,
                0 if fact.detail("loop") or form != "kept" else 1,
                steps,
                {"form": form},
            )
        elif form == "model":
            message = f"`{fact.subject}` is `{copied}` itself, not a copy: training goes on changing it"
            help = f"Keep a copy: `copy.deepcopy({copied})`."
            yield draft(program, CODE, info, fact.at, message, help, 0, fact.steps, {"form": form})
        elif form == "container":
            message = (
                f"The copy of `{copied}` is shallow: `{fact.detail('change')}` changes elements that the original "
                "holds too"
            )
            help = "Copy the elements that are changed as well, or use `copy.deepcopy`."
            yield draft(program, CODE, info, fact.at, message, help, 1, fact.steps, {"form": form})
        elif form == "vars":
            message = f"`{copied}` is the object's own dictionary: `{fact.detail('change')}` removes its attributes"
            help = f"Work on a copy: `dict({copied})`."
            yield draft(program, CODE, info, fact.at, message, help, 0, fact.steps, {"form": form})
        elif form == "tensor":
            message = (
                f"`copy.copy({copied})` shares the tensor's memory: `{fact.detail('change')}` changes the original"
            )
            help = f"Use `{copied}.clone()`."
            yield draft(program, CODE, info, fact.at, message, help, 0, fact.steps, {"form": form})
