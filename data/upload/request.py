"""What is asked of an upload, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from data.errors import Issue
from data.vocabulary import ReferenceLayer, UploadKind

Progress = Callable[[str, int, int], None]


def no_progress(phase: str, done: int, total: int) -> None:
    """For callers who do not watch."""


@dataclass(frozen=True, slots=True)
class KeepProfile:
    """Keep the file's assignment of columns under a name once it is accepted. replaces: version of
    the profile that had this name when the user was asked (mapping_profiles.Profile.version)."""

    name: str
    signature: str
    replaces: str | None = None


@dataclass(frozen=True)
class UploadRequest:
    """path: the file; file_name: what its owner calls it. set_columns: header → value for columns
    that the file lacks. mapping: header → {"field": …, "unit": …} assigned by the user. profile:
    the name of the profile it came from; keep: the one to be made of it. follows_slip: what is left
    open here is taken from the slip of a returned workbook. confirmed_units: codes of the units
    that a 区市界 may bring, redraw or take away.
    """

    path: Path
    file_name: str
    kind: UploadKind
    year: int | None = None
    crs: int | None = None
    set_columns: Mapping[str, str] = field(default_factory=dict)
    all_or_nothing: bool = False
    preview: bool = False
    layer: ReferenceLayer | None = None
    uploaded_by: str = "命令行"
    uploaded_from: str = "cli"
    mapping: Mapping[str, Mapping[str, str | None]] | None = None
    encoding: str | None = None
    profile: str | None = None
    keep: KeepProfile | None = None
    follows_slip: bool = True
    confirmed_units: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """A name may hold bytes that are no text, and control characters: it is kept without."""
        told = self.file_name.encode("utf-8", "replace").decode("utf-8")
        plain = "".join(c if c.isprintable() else "?" for c in told)
        object.__setattr__(self, "file_name", plain)


@dataclass
class UploadOutcome:
    """Counts are rows. batch: None where nothing was written. errors: every reason of every
    rejected row. changed: (row key, header, old, new) samples. absent: keys of rows in the store
    that the last file of this kind had and this one lacks.
    """

    batch: int | None
    kind: UploadKind
    rows: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    ended: int = 0
    errors: list[Issue] = field(default_factory=list)
    warnings: list[Issue] = field(default_factory=list)
    report: Path | None = None
    notes: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The document of `python -m data upload --json` (figures.md)."""
        return {
            "batch": self.batch,
            "kind": self.kind.value,
            "rows": self.rows,
            "inserted": self.inserted,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "ended": self.ended,
            "warnings": [asdict(issue) for issue in self.warnings],
            "errors": [asdict(issue) for issue in self.errors],
            "report": str(self.report) if self.report else None,
            "notes": [*self.notes, *self.told],
        }
