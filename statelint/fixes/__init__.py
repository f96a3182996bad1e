"""From findings to edits, and edits onto files: one module per kind of fix, found by its place.

A kind of fix is a module of this package without a leading underscore. It says which rules it repairs (``CODES``) and
proposes the repair of one finding (``fix``), as edits of text ranges; every byte outside of them stays.
"""

from statelint.fixes._apply import Applied, EditError, apply_edits, apply_fixes
from statelint.fixes._files import WriteError, replace_file
from statelint.fixes._ignore import add_ignores
from statelint.fixes._registry import propose

__all__ = [
    "Applied",
    "EditError",
    "WriteError",
    "add_ignores",
    "apply_edits",
    "apply_fixes",
    "propose",
    "replace_file",
]
