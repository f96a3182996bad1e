"""docs/quality.md: a section per figure, between markers, so that each can be measured alone."""

from collections.abc import Iterable, Sequence
from pathlib import Path


def markers(name: str) -> tuple[str, str]:
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def section(name: str, title: str, introduction: str, body: str, stamp: str) -> str:
    begin, end = markers(name)
    return f"{begin}\n## {title}\n\n{introduction.strip()}\n\n{body.strip()}\n\n*{stamp}*\n{end}\n"


def write(path: Path, name: str, text: str, order: Sequence[str]) -> None:
    """Put a section into the document: in the place of its former text, else before the next section that is there."""
    page = path.read_text("utf-8")
    begin, end = markers(name)
    if begin in page:
        before, _, rest = page.partition(begin)
        page = before + text.rstrip("\n") + rest.partition(end)[2]
    else:
        later = order[order.index(name) + 1 :]
        place = next((page.index(markers(each)[0]) for each in later if markers(each)[0] in page), None)
        if place is None:
            page = page.rstrip("\n") + "\n\n" + text
        else:
            page = page[:place] + text + "\n" + page[place:]
    path.write_text(page, "utf-8", newline="\n")


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; all columns but the first are numbers or short words, set to the right."""
    lines = ["| " + " | ".join(header) + " |", "|---" + "|---:" * (len(header) - 1) + "|"]
    lines += ["| " + " | ".join(str(each) for each in row) + " |" for row in rows]
    return "\n".join(lines)


def number(value: float) -> str:
    """Return a whole number with thin groups: 141 000."""
    return f"{round(value):,}".replace(",", " ")
