"""正式件: the paper as it was edited, sealed and scanned after its issue, set against what was
frozen (shared contract documents.md §1.6). A new one replaces none: each stays as its own step."""

from __future__ import annotations

from collections import Counter

from data.documents.extracting import Read
from data.documents.issued import paper_of
from data.documents.reading import ChangedNumber, Verdict, VerdictKind, compared, is_scan
from data.errors import SupervisionError
from data.measures.naming import label_of
from data.measures.states import StepKind
from data.texts import seen
from data.workflow.measure_rights import ready
from data.workflow.measure_writing import Attachment, Taking, write_step

_MOST_NUMBERS, _MOST_PARAGRAPHS, _CLIP = 40, 10, 60
SCAN = "扫描件，没有可读的文字，数字未比对，只保存文件及其哈希值。"
NOTE = "说明："


def seal(
    at: Taking, number: int, file: Attachment | None, read: Read | None, note: str | None = None
) -> str:
    """→ a sentence on what the comparison found, which stands in the history with its lines.

    read: the file's text. note: why a file whose text is not like the paper's is it all the same
    (a scan with badly recognised characters). Raises SupervisionError for another paper.
    """
    row, _ = ready(at, number, StepKind.FILE)
    if file is None or read is None:
        raise SupervisionError("请先选择正式件（.docx 或 .pdf），再点“上传正式件”。")
    paper = paper_of(at.conn, at.by.scope, number)
    if read.measure not in (None, number):
        raise SupervisionError(
            f"这个文件是第{read.measure}号措施的公文，不是第{number}号的。请核对后重新选择。"
        )
    said = (note or "").strip()
    if is_scan(read):
        lines = [SCAN]
    else:
        verdict = compared(paper, read)
        if verdict.kind is VerdictKind.UNKNOWN and not said:
            raise SupervisionError(
                "文件的文字与签发稿对不上，可能选错了文件。请核对；"
                "确是本件（如识别文字不准的扫描件），请在理由栏说明后重新上传。"
            )
        lines = told(verdict)
    lines += [f"{NOTE}{said}"] if said else []
    write_step(
        at, row, StepKind.FILE, reason="\n".join(lines), digest=paper.issue.digest,
        file_name=file.name, file_sha256=file.sha256, file_path=file.path,
    )  # fmt: skip
    return lines[0]


def told(verdict: Verdict) -> list[str]:
    """The sentence, then a line for each figure that is missing or changed, then paragraphs."""
    match verdict.kind:
        case VerdictKind.UNKNOWN:
            return ["文字与签发稿对不上，数字未比对。"]
        case VerdictKind.ISSUED:
            return [f"与签发稿一致：引用的数字{verdict.same}处全部相同。"]
    kinds = Counter(_word(number) for number in verdict.numbers)
    counts = "、".join(f"{word}{kinds[word]}处" for word in ("缺失", "改动"))
    lines = [
        f"与签发稿有出入：数字相同{verdict.same}处、{counts}；改动段落{len(verdict.paragraphs)}处。"
    ]
    lines += [_line(number) for number in verdict.numbers[:_MOST_NUMBERS]]
    lines += [
        f"段落：{_clipped(p.expected) or '（原无）'} → {_clipped(p.found) or '（已删）'}"
        for p in verdict.paragraphs[:_MOST_PARAGRAPHS]
    ]
    return lines


def _word(number: ChangedNumber) -> str:
    return "缺失" if number.found is None else "改动"


def _line(number: ChangedNumber) -> str:
    now = "" if number.found is None else f" → {seen(number.found)[:_CLIP]}"
    return f"{_word(number)}：{label_of(number.name)} {number.expected}{now}"


def _clipped(text: str | None) -> str:
    line = seen(text or "")
    return f"“{line[:_CLIP]}{'…' if len(line) > _CLIP else ''}”" if line else ""
