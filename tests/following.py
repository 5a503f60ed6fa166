"""Follows the blocks of a guide (docs/adding-*.md): each is headed by its file and where it goes.

```python PATH                  to the end of the file, which is made where there is none
```python PATH in NAME          into the dictionary, tuple or class of this name
```python PATH before NAME      above what has this name
```python PATH imports          among the imports
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(
    r"^( *)```\w+ (\S+[.]\w+)(?: (in|before|imports) ?(\S*))?\n(.*?)^\1```$", re.M | re.S
)


@dataclass(frozen=True, slots=True)
class Block:
    path: str
    where: str
    name: str
    text: str


def blocks_of(guide: Path) -> list[Block]:
    found = []
    for indent, path, where, name, text in _BLOCK.findall(guide.read_text("utf-8")):
        lines = text.splitlines(keepends=True)
        own = "".join(line.removeprefix(indent) for line in lines)
        found.append(Block(path, where, name, own))
    return found


def follow(block: Block, tree: Path, words: dict[str, str]) -> None:
    """Change the file of the tree as the block says. words: what stands for what in it."""
    name, text = block.path, block.text
    for word, meant in words.items():
        name, text = name.replace(word, meant), text.replace(word, meant)
    path = tree / name
    is_whole = not block.where and text.startswith(('"""', "+++"))
    assert not (is_whole and path.exists()), f"{name} of the guide is there by now: name it anew"
    lines = path.read_text("utf-8").splitlines(keepends=True) if path.is_file() else []
    at = _place(lines, block, tree)
    path.write_text("".join([*lines[:at], text, *lines[at:]]), "utf-8")


def _place(lines: list[str], block: Block, tree: Path) -> int:
    if not block.where:
        return len(lines)
    if block.where == "imports":
        return lines.index("from __future__ import annotations\n") + 1
    starts = re.compile(rf"(?:class |def )?{re.escape(block.name)}\b")
    places = [at for at, line in enumerate(lines) if starts.match(line)]
    assert len(places) == 1, f"{block.path}: {block.name} stands at {places}"
    at = places[0]
    if block.where == "before":
        return at - 1 if lines[at - 1].startswith("#:") else at
    if not lines[at].startswith("class "):
        assert lines[at].rstrip()[-1] in "({[", lines[at]
        return at + 1
    end = next((n for n in range(at + 1, len(lines)) if lines[n][0] not in " \n"), len(lines))
    while not lines[end - 1].strip():
        end -= 1
    return end
