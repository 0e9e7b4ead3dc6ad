"""Every state in which a power cut may leave a folder, computed from a record of its operations.

The assumptions are what a file system promises:
- A file's bytes are durable once the file is flushed. Until then they may be missing, half there,
  zeros, or all there. After a failed flush, no later flush of the same file makes them durable.
- A name is durable once its folder is flushed. Until then a create, rename, remove, make_folder or
  remove_folder may or may not have happened. A rename happens as a whole or not at all, and is
  durable once the folder of its new name is flushed.
- ORDERED (ext4 and other journals): an operation on the names in a folder happened only if all
  earlier ones in that folder did. HARSH: each may have happened without the others.

The number of states stays bounded. A cut is made after each operation. If more than MAX_CHANGES
changes of names are not durable, the older ones happened all or not at all. If more than MAX_FILES
files are not durable, the same happened to all of them.
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
    """What is assumed of changes of names that are not durable yet."""

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

    def marked(self, label: str) -> list[Any]:
        """Return what the test had marked with this label before the cut."""
        return [mark.value for mark in self.marks if mark.label == label]

    def write_to(self, folder: Path) -> None:
        """Write this state into a new folder."""
        folder.mkdir()
        for path in sorted(self.tree):
            content = self.tree[path]
            if content is None:
                (folder / path).mkdir()
            else:
                (folder / path).write_bytes(content)


def read_tree(folder: Path) -> Tree:
    """Return what is in a folder now."""
    return {
        path.relative_to(folder): None if path.is_dir() else path.read_bytes()
        for path in folder.rglob("*")
    }


def crash_states(
    folder: Path, start: Tree, record: Sequence[Operation | Mark], model: Model
) -> Iterator[CrashState]:
    """Yield the states that power cuts during `record`, made in `folder`, may leave. `start` is the
    tree before it, which is durable. Equal states between the same two marks come once."""
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
    durable: bytes = b""
    flush_failed: bool = False

    def flush(self, failed: bool) -> None:
        self.flush_failed |= failed
        if not self.flush_failed:
            self.durable = self.written

    def outcomes(self) -> list[bytes]:
        """Return what may be in it after a power cut."""
        if self.written == self.durable:
            return [self.durable]
        if not self.written.startswith(self.durable):  # it was emptied
            return [self.durable, self.written]
        rest = self.written[len(self.durable) :]
        half, zeros = rest[: len(rest) // 2], bytes(len(rest))
        return [self.durable, self.durable + half, self.durable + zeros, self.written]


_Node = _Folder | _File
_Names = defaultdict[_Folder, dict[str, _Node]]  # also of a folder that itself has no name yet


@dataclass(eq=False)
class _Change:
    """A change of names: what each of them refers to now, None for nothing."""

    names: tuple[tuple[_Folder, str, _Node | None], ...]
    durable: bool = False

    def apply(self, names: _Names) -> None:
        for folder, name, node in self.names:
            if node is None:
                names[folder].pop(name, None)
            else:
                names[folder][name] = node

    @property
    def made_durable_by(self) -> _Folder:
        """The folder whose flush makes this durable."""
        return self.names[-1][0]

    def shares_folder_with(self, other: "_Change") -> bool:
        return any(mine is its for mine, _, _ in self.names for its, _, _ in other.names)


class _Medium:
    """The folder's names and files as the record is replayed, and which of them are durable."""

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
            change.durable = True

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
                change.durable |= change.made_durable_by is flushed

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
        for happened in self._possible_histories(model):
            names: _Names = defaultdict(dict)
            for change in happened:
                change.apply(names)
            yield from _with_outcomes(dict(_walk(PurePath(), self._root, names)))

    def _possible_histories(self, model: Model) -> Iterator[list[_Change]]:
        not_durable = [change for change in self._changes if not change.durable]
        old, recent = not_durable[:-MAX_CHANGES], not_durable[-MAX_CHANGES:]
        for before in ([], old) if old else ([],):
            for number in range(len(recent) + 1):
                for some in combinations(recent, number):
                    chosen = {*before, *some}
                    happened = [c for c in self._changes if c.durable or c in chosen]
                    if model is Model.HARSH or self._in_order(happened):
                        yield happened

    def _in_order(self, happened: list[_Change]) -> bool:
        """Return whether every change happened that these ones need."""
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


def _with_outcomes(nodes: dict[PurePath, _Node]) -> Iterator[Tree]:
    """Yield the folder with each combination of what may be in its files."""
    files = [node for node in nodes.values() if isinstance(node, _File)]
    not_durable = {file: file.outcomes() for file in files if len(file.outcomes()) > 1}
    choices: Iterable[Sequence[bytes]] = product(*not_durable.values())
    if len(not_durable) > MAX_FILES:
        choices = zip_longest(*not_durable.values(), fillvalue=b"")
    for choice in choices:
        content = dict(zip(not_durable, choice, strict=True))
        yield {
            path: content.get(node, node.durable) if isinstance(node, _File) else None
            for path, node in nodes.items()
        }
