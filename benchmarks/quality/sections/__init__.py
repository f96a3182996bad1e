"""One module per section of docs/quality.md, in the order of `ORDER`; a dash in the name is an underscore here."""

ORDER = (
    "start-up",
    "robustness",
    "determinism",
    "speed",
    "torchfix",
    "memory",
    "findings",
    "scores",
    "differential",
    "facades",
)
