"""Files that tools stumble over."""

import contextlib
import os
from pathlib import Path

REPORTED = (
    "import jax\n\n\ndef f(key):\n    return jax.random.normal(key) + jax.random.normal(key)\n\n\ng = jax.grad(f)\n"
)
EXPECTED: dict[str, tuple[str, set[str]]] = {
    "good.py": ("a good file among them, with a reused key", {"SL602"}),
    "empty.py": ("empty", set()),
    "long.py": ("20 000 lines", set()),
    "blocks.py": ("500 nested blocks (Python allows 100)", {"SL002"}),
    "blocks_99.py": ("99 nested blocks", set()),
    "functions.py": ("90 nested functions", set()),
    "parentheses.py": ("500 nested parentheses (Python allows 200)", {"SL002"}),
    "sum.py": ("a sum of 20 000 terms", set()),
    "chain.py": ("5000 chained method calls", set()),
    "elif.py": ("3000 elif branches", set()),
    "latin1.py": ("latin-1 without a declaration", {"SL001"}),
    "latin1_declared.py": ("latin-1 with a declaration", {"SL602"}),
    "bom.py": ("a byte order mark", {"SL602"}),
    "null.py": ("null bytes", {"SL002"}),
    "binary.py": ("random bytes", {"SL001", "SL002"}),
    "carriage.py": ("lines that end with carriage returns", {"SL602"}),
    "one_line.py": ("a line of a million characters", set()),
    "surrogate.py": ("UTF-8 of a lone surrogate", {"SL001"}),
    "codec.py": ("an unknown encoding declared", {"SL001"}),
    "loop.py": ("a symbolic link to itself", {"SL001"}),
    "dangling.py": ("a symbolic link to nothing", {"SL001"}),
    "folder.py": ("a folder named like a file, with a file in it", {"SL602"}),
    "around": ("a folder that links to its own parent", set()),
    "pipe.py": ("a named pipe", {"SL001"}),
    "closed": ("a folder that may not be read (root may)", set()),
    "broken.ipynb": ("a notebook that is no JSON", {"SL002"}),
}


def write_nasty(folder: Path) -> None:
    """Write all of them into an empty folder."""

    def write(name: str, content: str | bytes) -> None:
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    head = "import torch\n\n\ndef f(x):\n"
    write("good.py", REPORTED)
    write("empty.py", b"")
    write(
        "long.py",
        "import torch\n\n"
        + "".join(f"def f{i}(x):\n    y = torch.exp(x)\n    return y * {i}\n\n" for i in range(5000)),
    )
    write("blocks.py", "import torch\n" + "".join(f"{' ' * i}if x > {i}:\n" for i in range(500)) + " " * 500 + "pass\n")
    write("blocks_99.py", head + "".join(f"{' ' * i}if x > {i}:\n" for i in range(1, 99)) + " " * 99 + "return x\n")
    write(
        "functions.py",
        "import jax\n" + "".join(f"{' ' * i}def f{i}(x):\n" for i in range(90)) + " " * 90 + "return x\n",
    )
    write("parentheses.py", "import torch\nx = " + "(" * 500 + "1" + ")" * 500 + "\n")
    write("sum.py", head + "    return " + " + ".join(["x"] * 20_000) + "\n")
    write("chain.py", head + "    return x" + ".relu()" * 5000 + "\n")
    write(
        "elif.py",
        head
        + "    if x > 0:\n        y = 0\n"
        + "".join(f"    elif x > {i}:\n        y = {i}\n" for i in range(3000))
        + "    return y\n",
    )
    write("latin1.py", "name = 'größe'\n".encode("latin-1"))
    write("latin1_declared.py", b"# -*- coding: latin-1 -*-\n# gr\xf6\xdfe\n" + REPORTED.encode())
    write("bom.py", b"\xef\xbb\xbf" + REPORTED.encode())
    write("null.py", b"x = 1\n\0\0\0\n")
    write("binary.py", bytes((i * 7919 + i // 3) % 256 for i in range(10_000)))
    write("carriage.py", REPORTED.replace("\n", "\r"))
    write("one_line.py", "import torch\nx = [" + "1, " * 330_000 + "]\n")
    write("surrogate.py", b"x = '\xed\xa0\x80'\n")
    write("codec.py", b"# -*- coding: klingon -*-\nx = 1\n")
    write("broken.ipynb", "{")
    (folder / "loop.py").symlink_to("loop.py")
    (folder / "dangling.py").symlink_to("nowhere.py")
    (folder / "folder.py").mkdir()
    write("folder.py/inside.py", REPORTED)
    (folder / "around").mkdir()
    (folder / "around" / "again").symlink_to("..", target_is_directory=True)
    with contextlib.suppress(AttributeError, OSError):
        os.mkfifo(folder / "pipe.py")
    (folder / "closed").mkdir()
    write("closed/a.py", REPORTED)
    (folder / "closed").chmod(0)
