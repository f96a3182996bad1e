"""The driver: from paths to sorted findings, in one process or several, with the same result.

`Engine` runs the line once over a set of files; `Outcome` is what a run leaves behind for reports and exit codes.
"""

from statelint.engine.driver import Engine, Outcome, Reported, Silenced
from statelint.engine.project import Project

__all__ = ["Engine", "Outcome", "Project", "Reported", "Silenced"]
