"""Where the packages are that the linted code imports: folders of an environment, found without running its Python."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

_SITE = ("site-packages", "dist-packages")
_VERSION = re.compile(r"python(\d+)\.(\d+)")


def search_path(python: str = "", root: str = "", environ: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """Return the folders of packages, in the order in which an import looks into them.

    The first of these that has any: ``python`` (nothing else if it is given), ``$VIRTUAL_ENV``, the folder ``.venv``
    of the project ``root``, ``$CONDA_PREFIX``, the Python that runs statelint. An active environment that holds
    nothing but statelint (a pre-commit hook's) comes last.
    """
    if python:
        return _complete(_given(Path(root, os.path.expanduser(python))))
    variables = os.environ if environ is None else environ
    candidates = [Path(variables[name]) for name in ("VIRTUAL_ENV",) if variables.get(name)]
    if root:
        candidates.append(Path(root, ".venv"))
    candidates += [Path(variables[name]) for name in ("CONDA_PREFIX",) if variables.get(name)]
    for prefix in candidates:
        if os.path.realpath(prefix) != os.path.realpath(sys.prefix) and (found := _sites(prefix)):
            return _complete(found)
    return _complete([Path(each) for each in sys.path if os.path.basename(each) in _SITE])


def _given(path: Path) -> list[Path]:
    """Return the folders that an interpreter, an environment's folder or a folder of packages stands for."""
    if path.is_dir():
        return _sites(path) or [path]
    if path.parent.name.lower() in ("bin", "scripts"):
        return _sites(path.parent.parent, path.name)
    return _sites(path.parent)  # Windows keeps a base interpreter beside its Lib


def _sites(prefix: Path, interpreter: str = "") -> list[Path]:
    """Return the package folders of an environment, and of the one below it if it shows its packages."""
    patterns = [
        f"{base}/{version}/{site}"
        for base in ("local/lib", "lib", "lib64")
        for version in ("python3*", "pypy3*")
        for site in _SITE
    ]
    found = [each for pattern in [*patterns, "Lib/site-packages"] for each in prefix.glob(pattern) if each.is_dir()]
    versions = {version for each in found if (version := _version(str(each))) is not None}
    wanted = _version(interpreter) or max(versions, default=None)
    found = [each for each in found if _version(str(each)) in (wanted, None)]
    settings = _pyvenv(prefix)
    if settings.get("include-system-site-packages", "").lower() == "true" and "home" in settings:
        home = Path(settings["home"])
        base = home.parent if home.name.lower() in ("bin", "scripts") else home
        if base != prefix:
            found += _sites(base, "python{}.{}".format(*wanted) if wanted else "")
    return found


def _version(text: str) -> tuple[int, int] | None:
    match = _VERSION.search(text.replace(os.sep, "/").rpartition("/lib")[2] or text)
    return (int(match[1]), int(match[2])) if match else None


def _pyvenv(prefix: Path) -> dict[str, str]:
    try:
        lines = (prefix / "pyvenv.cfg").read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines)
    return {key.strip().lower(): value.strip() for key, equals, value in pairs if equals}


def _complete(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Add the folders that ``.pth`` files name (editable installs). Their ``import`` lines are never run."""
    result: dict[str, Path] = {}
    for folder in folders:
        key = os.path.realpath(folder)
        if key in result:
            continue
        result[key] = folder
        for file in sorted(folder.glob("*.pth")):
            try:
                lines = file.read_text("utf-8", "replace").splitlines()
            except OSError:
                continue
            for line in lines:
                added = os.path.join(folder, line.strip())
                if line.strip() and not line.startswith(("#", "import ", "import\t")) and os.path.isdir(added):
                    result.setdefault(os.path.realpath(added), Path(added))
    return tuple(result.values())
