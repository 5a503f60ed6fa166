"""正式件: the sealed paper set against what was issued."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, replace

import pytest

from data.documents import confined
from data.documents.extracting import Piece, Read, extract
from data.documents.issued import paper_of
from data.errors import Forbidden, SupervisionError, UploadRefused
from data.measures.states import State
from data.scope import Scope
from data.store.engine import Store
from data.workflow.measure_files import keep, read_text, received
from data.workflow.measure_writing import Attachment
from data.workflow.proof import verify
from data.workflow.sealing import SCAN, seal
from tests.data.workflow.test_measures import CLERK, DRAFTER, ISSUED, Desk, fill

_UNREAD = Read(True, (), "", None, "")


@dataclass
class Out:
    desk: Desk
    number: int
    docx: bytes
    read: Read

    def seal(self, read: Read, note: str | None = None, by: object = DRAFTER) -> str:
        file = Attachment("正式件.docx", "0" * 64, f"measures/{'0' * 64}.docx", b"x")
        return str(self.desk.take(seal, by, ISSUED, self.number, file, read, note))  # type: ignore[arg-type]

    @property
    def reason(self) -> str:
        return str(self.desk.state(self.number).row.steps[-1].reason)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Read]:
    """The file of the warning, the same in each test, and its text."""
    from data.settings import Settings
    from data.store.opening import open_store
    from tests.data.workflow.test_measures import TODAY

    folder = tmp_path_factory.mktemp("sealed")
    desk = Desk(open_store(Settings(local_dir=folder, fixed_today=TODAY)))
    fill(desk.store)
    number = desk.issued()
    with desk.store.read() as conn:
        content = paper_of(conn, Scope.all(), number).docx()
    path = folder / "issued.docx"
    path.write_bytes(content)
    return content, extract(path)


@pytest.fixture
def out(sqlite_store: Store, made: tuple[bytes, Read]) -> Out:
    fill(sqlite_store)
    desk = Desk(sqlite_store)
    return Out(desk, desk.issued(), *made)


def changed(read: Read, old: str, new: str) -> Read:
    """Without bookmarks, as after printing and typing anew; the first number is another."""
    done = False
    pieces = []
    for piece in read.pieces:
        text = piece.text
        if not done and old in text:
            text, done = text.replace(old, new, 1), True
        pieces.append(Piece(text, piece.in_table, ()))
    assert done
    return replace(read, pieces=tuple(pieces))


def test_what_is_same_missing_or_changed_is_said(out: Out) -> None:
    assert "全部相同" in out.seal(out.read)
    said = out.seal(changed(out.read, "16.7%", "12.7%"))
    assert "缺失0处、改动1处；改动段落1处" in said
    assert "改动：问责比例" in out.reason
    assert "16.7% → 12.7%" in out.reason
    assert "缺失1处、改动0处" in out.seal(changed(out.read, "16.7%", ""))
    standing = out.desk.state(out.number)
    assert standing.standing.state is State.ISSUED
    files = [s for s in standing.row.steps if s.step == "file"]
    assert len(files) == 3  # none is replaced
    assert {s.digest for s in files} == {
        next(s.digest for s in standing.row.steps if s.step == "issue")
    }


def test_a_scan_is_kept_by_its_hash_and_said(out: Out) -> None:
    assert out.seal(_UNREAD) == SCAN


def test_another_paper_is_refused_and_bad_recognition_wants_a_note(out: Out) -> None:
    other = Read(True, (), "别的文件。", None, "")
    with pytest.raises(SupervisionError, match="第9号措施的公文"):
        out.seal(replace(out.read, measure=9))
    with pytest.raises(SupervisionError, match="可能选错了文件"):
        out.seal(other)
    assert "未比对" in out.seal(other, "扫描识别不准")
    assert out.reason.endswith("说明：扫描识别不准")


def test_only_the_bureau_seals_and_only_what_is_issued(out: Out) -> None:
    with pytest.raises(Forbidden):
        out.seal(out.read, by=CLERK)
    with pytest.raises(SupervisionError, match="请先选择正式件"):
        out.desk.take(seal, DRAFTER, ISSUED, out.number, None, None)
    draft = out.desk.draft()
    with pytest.raises(SupervisionError, match="不能“上传正式件”"):
        out.desk.take(seal, DRAFTER, ISSUED, draft, None, None)


def test_it_goes_the_whole_way_from_bytes_to_the_store(out: Out) -> None:
    store = out.desk.store
    file = received("正式件.docx", out.docx)
    read = read_text(file)
    assert read == out.read
    out.desk.take(seal, DRAFTER, ISSUED, out.number, file, read)
    keep(store.settings, file)
    assert (store.settings.uploads_dir / file.path).read_bytes() == out.docx
    assert verify(store).ok


def test_a_sealed_paper_is_word_or_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "prove_file", lambda *_: None)
    table = io.BytesIO()
    zipfile.ZipFile(table, "w").writestr("a", "b")
    with pytest.raises(UploadRefused, match=r"应为 \.docx 或 \.pdf"):
        read_text(received("表.xlsx", table.getvalue()))
