"""From bytes on disk to text with positions: discovery, decoding, notebooks, comments and module names.

Nothing here knows what the text means; everything behind works on `SourceFile` and never opens a file itself.
"""

from statelint.source.comments import Comments, Directive, Selector
from statelint.source.discovery import Discovered, Discovery
from statelint.source.file import Problem, SourceFile
from statelint.source.modules import ModuleName, name_module

__all__ = [
    "Comments",
    "Directive",
    "Discovered",
    "Discovery",
    "ModuleName",
    "Problem",
    "Selector",
    "SourceFile",
    "name_module",
]
