"""Which indexes do the same work twice, and which are missing; the same rules on both databases."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """One column of an index, how it is compared (operator class and collation), and its direction.

    `answers` is another comparison that this one does no more than; the same where there is none.
    """

    column: str
    compared: str = ""
    descending: bool = False
    answers: str = ""

    @property
    def work(self) -> tuple[str, str, bool]:
        """What the key can be used for."""
        return (self.column, self.answers or self.compared, self.descending)


@dataclass(frozen=True)
class Index:
    """An index as its database describes it. `constraint` names the rule that it serves, "" for none.

    `scans` and `size` (bytes) are None where the database does not tell.
    """

    table: str
    name: str
    keys: tuple[Key, ...]
    included: frozenset[str] = frozenset()
    method: str = "btree"
    predicate: str = ""
    unique: bool = False
    primary: bool = False
    constraint: str = ""
    valid: bool = True
    # An index of a partition, or the identity of a replica's rows, cannot be dropped alone.
    fixed: bool = False
    scans: int | None = None
    size: int | None = None

    @property
    def rule(self) -> bool:
        """Whether it keeps a rule, beside making queries quick."""
        return self.unique or self.primary or bool(self.constraint)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(key.column for key in self.keys)


@dataclass(frozen=True)
class ForeignKey:
    """Columns of a table that name a row of another."""

    table: str
    name: str
    columns: tuple[str, ...]
    target: str


@dataclass(frozen=True)
class Surplus:
    """An index whose work another one does as well."""

    index: Index
    instead: Index


def duplicates(indexes: Iterable[Index]) -> list[Surplus]:
    """Indexes with the same keys as another; of each group the one that keeps most rules stays."""
    groups: dict[object, list[Index]] = {}
    for index in indexes:
        if index.valid:
            same = (index.table, index.method, index.keys, index.included, index.predicate)
            groups.setdefault(same, []).append(index)
    found = []
    for group in groups.values():
        first, *others = sorted(group, key=_least_wanted)
        found += [Surplus(index, first) for index in others if not index.fixed]
    return found


def redundant(indexes: Sequence[Index]) -> list[Surplus]:
    """Indexes that keep no rule, and whose keys are the first keys of another one, in the same order.

    Equal ones are `duplicates`; but two that are written differently may do the same work.
    """
    found = []
    for index in indexes:
        if index.rule or index.fixed or not index.valid or index.method != "btree":
            continue
        covering = [other for other in indexes if _covers(other, index)]
        if covering:
            found.append(Surplus(index, min(covering, key=lambda other: (len(other.keys), other.name))))
    return found


def unindexed(foreign_keys: Iterable[ForeignKey], indexes: Sequence[Index]) -> list[ForeignKey]:
    """Foreign keys whose columns no index begins with, in whatever order."""
    return [key for key in foreign_keys if not any(serves(index, key) for index in indexes)]


def only_for_foreign_key(index: Index, foreign_keys: Iterable[ForeignKey], indexes: Sequence[Index]) -> bool:
    """Whether a foreign key would be without an index if this one went: deletions need it, queries or not."""
    others = [other for other in indexes if other is not index]
    return any(serves(index, key) and unindexed([key], others) for key in foreign_keys)


def serves(index: Index, key: ForeignKey) -> bool:
    """Whether an index finds the rows that refer to a row. A partial one does if it leaves out only nulls."""
    if index.table != key.table or not index.valid or index.method not in {"btree", "hash"}:
        return False
    begin = index.columns[: len(key.columns)]
    if set(begin) != set(key.columns):
        return False
    return not index.predicate or index.predicate in {f"({column} IS NOT NULL)" for column in key.columns}


def _covers(other: Index, index: Index) -> bool:
    work = [key.work for key in index.keys]
    longer = len(other.keys) > len(index.keys)
    only_answers = len(other.keys) == len(index.keys) and any(key.answers for key in index.keys)
    return (
        other.valid
        and other.table == index.table
        and other.method == index.method
        and other.predicate == index.predicate
        and other.keys != index.keys
        and (longer or only_answers)
        and [(key.column, key.compared, key.descending) for key in other.keys[: len(work)]] == work
        and index.included <= other.included | set(other.columns)
    )


def _least_wanted(index: Index) -> tuple[bool, bool, bool, bool, str]:
    """Sorts what must stay to the front."""
    return (not index.fixed, not index.primary, not index.constraint, not index.unique, index.name)
