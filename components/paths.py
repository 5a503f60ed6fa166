"""The address of every page, and of what is downloaded below a page's own.

Pages register with these, links are made of these (`components/links.py` adds year, day and
district). No other module writes one.
"""

from __future__ import annotations

from urllib.parse import quote

OVERVIEW = "/"
CLEARANCE = "/clearance"
OVERDUE = "/overdue"
HEATMAP = "/heatmap"
HEATMAP_PATCHES = f"{HEATMAP}/patches"
PATCHES = "/patches"
PATCH = f"{PATCHES}/<year>/<patch_no>"
AUDIT = "/audit"
AUDIT_PATCHES = f"{AUDIT}/patches"
AUDIT_BENCH = f"{AUDIT}/<year>/<patch_no>"
CHECKS = "/checks"
LEDGER = "/ledger"
CERTIFICATES = "/certificates"
QUOTA = "/quota"
TRIGGERS = "/triggers"
TRIGGER_PATCHES = f"{TRIGGERS}/patches"
ASSESSMENT = "/assessment"
TODO = "/todo"
MEASURES = "/measures"
MEASURE = f"{MEASURES}/<number>"
RULES = "/rules"
UPLOAD = "/upload"
CONFIRM = "/confirm"
ADMIN = "/admin"
NOTICES = "/notices"
HELP = "/help"
HELP_CHAPTER = f"{HELP}/<chapter>"
#: Below it programs ask (docs/api.md); the address itself explains how.
API = "/api/"


def patch(year: int, patch_no: str) -> str:
    """One patch; a number may hold any character, a slash too."""
    return f"{PATCHES}/{year}/{quote(patch_no, safe='')}"


def audit_bench(year: int, patch_no: str) -> str:
    """Where one patch is audited."""
    return f"{AUDIT}/{year}/{quote(patch_no, safe='')}"


def photograph(number: int | str) -> str:
    """A photograph of a field check as it came."""
    return f"/photographs/{number}.jpg"


def small_photograph(number: int | str) -> str:
    return f"/photographs/{number}/small.jpg"


def paper(number: int | str) -> str:
    """The paper of a measure in Word."""
    return f"/export{MEASURES}/{number}/paper.docx"


def annex(number: int | str) -> str:
    """The lists that go with a paper."""
    return f"/export{MEASURES}/{number}/annex.xlsx"


def trace(number: int | str) -> str:
    """The 溯源表 of a paper."""
    return f"/export{MEASURES}/{number}/trace.xlsx"


def page(number: int | str, digest: str, page: int | str) -> str:
    """The picture of one page of a paper; digest: begin of what it says."""
    return f"{MEASURES}/{number}/pages/{digest}/{page}.png"


def papers(job_id: str) -> str:
    """All papers of a month, as a job has packed them."""
    return f"/export/papers/{job_id}.zip"


def week() -> str:
    """The weekly digest in Word."""
    return "/export/week.docx"


def measure(number: int) -> str:
    """One measure."""
    return f"{MEASURES}/{number}"


def measure_file(number: int | str, seq: int | str) -> str:
    """What came with a step of a measure."""
    return f"{MEASURES}/{number}/files/{seq}"


def uploading(file_id: str = "") -> str:
    """Where the browser sends a file, and asks after one that it has begun to send."""
    return f"{UPLOAD}/files/{file_id}" if file_id else f"{UPLOAD}/files"


def template(kind: str) -> str:
    return f"{UPLOAD}/templates/{kind}.xlsx"


def report(batch: int | str) -> str:
    """The workbook that an upload returned."""
    return f"{UPLOAD}/reports/{batch}.xlsx"


def job_report(job_id: str) -> str:
    """The workbook of an upload that was not written."""
    return f"{UPLOAD}/reports/job/{job_id}.xlsx"


def original(batch: int | str) -> str:
    """The file as it came."""
    return f"{UPLOAD}/originals/{batch}"
