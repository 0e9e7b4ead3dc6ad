"""Every state in which a power cut may legally leave a folder, from a record of what was done.

What a file system promises, and so what is assumed here:
- A file's bytes are sure once the file was flushed. Until then they may be missing, half there,
  zeros, or all there. After a flush that failed no later flush of the same file makes them sure.
- A name is sure once its folder was flushed: a create, rename, remove, make_folder or remove_folder
  may or may not have happened until then. A rename happens as a whole or not at all, and is sure
  once the folder of its new name was flushed.
- ORDERED (ext4 and other journals): of what was done to the names in one folder, nothing happened
  without all that was done there before. HARSH: any of it may have happened without the rest.

The number of states stays bounded: a cut is made after each operation; where more than MAX_CHANGES
changes of names are not sure, the older ones happened all or not at all; where more than MAX_FILES
files are not sure, all of these fare alike.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import combinations, product, zip_longest
from pathlib import Path, PurePath
from typing import Any

from tests.support.disks import Kind, Mark, Operation

MAX_CHANGES = 8
MAX_FILES = 2

Tree = Mapping[PurePath, bytes | None]
"""What is in a folder, by relative path: a file's bytes, None for a folder."""


class Model(Enum):
    """What is assumed of changes of names that are not sure yet."""

    ORDERED = "ordered"
    HARSH = "harsh"


@dataclass(frozen=True)
class CrashState:
    """One state. `cut` is the number of entries of the record that came before the power cut,
    `after` the last of them that was an operation."""

    cut: int
    after: Operation | None
    tree: Tree
    marks: tuple[Mark, ...]

    def marked(self, word: str) -> list[Any]:
        """What the test had marked with this word before the cut."""
        return [mark.what for mark in self.marks if mark.word == word]

    def materialise(self, folder: Path) -> None:
        """Make a new folder that looks like this."""
        folder.mkdir()
        for path in sorted(self.tree):
            content = self.tree[path]
            if content is None:
                (folder / path).mkdir()
            else:
                (folder / path).write_bytes(content)


def look(folder: Path) -> Tree:
    """What is in a folder now."""
    return {
        path.relative_to(folder): None if path.is_dir() else path.read_bytes()
        for path in folder.rglob("*")
    }


def crash_states(
    folder: Path, start: Tree, record: Sequence[Operation | Mark], model: Model
) -> Iterator[CrashState]:
    """The states that cuts during `record`, made in `folder`, may leave; `start` is what `look`
    found there before, and is sure. Of cuts between the same marks, equal states come once."""
    medium = _Medium(folder, start)
    marks: tuple[Mark, ...] = ()
    after: Operation | None = None
    seen: set[tuple[int, int]] = set()
    for cut, entry in enumerate([None, *record]):
        if isinstance(entry, Mark):
            marks = (*marks, entry)
        elif entry is not None:
            after = entry
            medium.replay(entry)
        for tree in medium.trees(model):
            key = (len(marks), hash(frozenset(tree.items())))
            if key not in seen:
                seen.add(key)
                yield CrashState(cut, after, tree, marks)


@dataclass(eq=False)
class _Folder:
    pass


@dataclass(eq=False)
class _File:
    written: bytes = b""
    sure: bytes = b""
    flush_failed: bool = False

    def flush(self, failed: bool) -> None:
        self.flush_failed |= failed
        if not self.flush_failed:
            self.sure = self.written

    def fates(self) -> list[bytes]:
        """What may be found in it after a power cut."""
        if self.written == self.sure:
            return [self.sure]
        if not self.written.startswith(self.sure):  # it was emptied
            return [self.sure, self.written]
        rest = self.written[len(self.sure) :]
        half, zeros = rest[: len(rest) // 2], bytes(len(rest))
        return [self.sure, self.sure + half, self.sure + zeros, self.written]


_Node = _Folder | _File
_Names = defaultdict[_Folder, dict[str, _Node]]  # also of a folder that itself has no name yet


@dataclass(eq=False)
class _Change:
    """What each of these names stands for from now on; None: nothing."""

    names: tuple[tuple[_Folder, str, _Node | None], ...]
    sure: bool = False

    def apply(self, names: _Names) -> None:
        for folder, name, node in self.names:
            if node is None:
                names[folder].pop(name, None)
            else:
                names[folder][name] = node

    @property
    def settled_by(self) -> _Folder:
        """The folder whose flush makes this sure."""
        return self.names[-1][0]

    def shares_folder_with(self, other: "_Change") -> bool:
        return any(mine is its for mine, _, _ in self.names for its, _, _ in other.names)


class _Medium:
    """The folder's names and files as the record is replayed, and what of them is sure."""

    def __init__(self, folder: Path, start: Tree) -> None:
        self._place = folder
        self._root = _Folder()
        self._now: _Names = defaultdict(dict)
        self._changes: list[_Change] = []
        self._files: dict[int, _File] = {}
        for path in sorted(start):
            content = start[path]
            node = _Folder() if content is None else _File(content, content)
            self._change((folder / path, node))
        for change in self._changes:
            change.sure = True

    def replay(self, operation: Operation) -> None:
        arguments = operation.arguments
        if operation.kind is Kind.FLUSH:
            self._file(arguments[0]).flush(operation.failed)
        elif operation.kind is Kind.WRITE:  # one that failed may have written some of it
            self._file(arguments[0]).written += arguments[1]
        elif not operation.failed:
            self._replay_on_names(operation.kind, *arguments)

    def _replay_on_names(self, kind: Kind, *arguments: Any) -> None:
        path = arguments[0]
        if kind is Kind.CREATE:
            self._files[arguments[1]] = file = _File()
            self._change((path, file))
        elif kind is Kind.MAKE_FOLDER:
            self._change((path, _Folder()))
        elif kind in (Kind.REMOVE, Kind.REMOVE_FOLDER):
            self._change((path, None))
        elif kind is Kind.RENAME:
            self._change((path, None), (arguments[1], self._node(path)))
        elif kind is Kind.LINK:
            self._change((arguments[1], self._node(path)))
        elif kind is Kind.EMPTY:
            self._file(path).written = b""
        elif kind is Kind.FLUSH_FOLDER and path.is_relative_to(self._place):
            flushed = self._node(path)
            for change in self._changes:
                change.sure |= change.settled_by is flushed

    def _change(self, *names: tuple[Path, _Node | None]) -> None:
        change = _Change(tuple((self._folder(p.parent), p.name, node) for p, node in names))
        change.apply(self._now)
        self._changes.append(change)

    def _folder(self, path: Path) -> _Folder:
        node = self._node(path)
        assert isinstance(node, _Folder)
        return node

    def _file(self, which: int | Path) -> _File:
        node = self._files[which] if isinstance(which, int) else self._node(which)
        assert isinstance(node, _File)
        return node

    def _node(self, path: Path) -> _Node:
        node: _Node = self._root
        for part in path.relative_to(self._place).parts:
            assert isinstance(node, _Folder)
            assert part in self._now[node], f"{path} was not made through the disk"
            node = self._now[node][part]
        return node

    # --- what a power cut leaves

    def trees(self, model: Model) -> Iterator[Tree]:
        for happened in self._what_may_have_happened(model):
            names: _Names = defaultdict(dict)
            for change in happened:
                change.apply(names)
            yield from _with_fates(dict(_walk(PurePath(), self._root, names)))

    def _what_may_have_happened(self, model: Model) -> Iterator[list[_Change]]:
        unsure = [change for change in self._changes if not change.sure]
        old, recent = unsure[:-MAX_CHANGES], unsure[-MAX_CHANGES:]
        for before in ([], old) if old else ([],):
            for number in range(len(recent) + 1):
                for some in combinations(recent, number):
                    chosen = {*before, *some}
                    happened = [c for c in self._changes if c.sure or c in chosen]
                    if model is Model.HARSH or self._in_order(happened):
                        yield happened

    def _in_order(self, happened: list[_Change]) -> bool:
        """Whether none of these changes needs an earlier one that did not happen."""
        missing: list[_Change] = []
        for change in self._changes:
            if change not in happened:
                missing.append(change)
            elif any(change.shares_folder_with(earlier) for earlier in missing):
                return False
        return True


def _walk(place: PurePath, folder: _Folder, names: _Names) -> Iterator[tuple[PurePath, _Node]]:
    for name, node in names[folder].items():
        yield place / name, node
        if isinstance(node, _Folder):
            yield from _walk(place / name, node, names)


def _with_fates(nodes: dict[PurePath, _Node]) -> Iterator[Tree]:
    """The folder with each combination of what may be in its files."""
    unsure = {n: n.fates() for n in nodes.values() if isinstance(n, _File) and len(n.fates()) > 1}
    choices: Iterable[Sequence[bytes]] = product(*unsure.values())
    if len(unsure) > MAX_FILES:
        choices = zip_longest(*unsure.values(), fillvalue=b"")
    for choice in choices:
        content = dict(zip(unsure, choice, strict=True))
        yield {
            path: content.get(node, node.sure) if isinstance(node, _File) else None
            for path, node in nodes.items()
        }
