"""What is said of a job that is not finished is true whether somebody is at work on it or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from callbacks.upload.job import headline_of, progress_of
from data.jobs.table import JobView

_AT = datetime(2023, 11, 23, 9)
JOB = JobView(
    "a", "upload", "running", "写入", 1, 2, {"file_name": "五月.csv", "step": "apply"}, None, None,
    False, 1, 0, _AT, _AT, "王工",
)  # fmt: skip


@pytest.mark.parametrize(
    ("job", "headline", "progress"),
    [
        (JOB, "正在写入“五月.csv”", "写入 1 / 2 行"),
        (replace(JOB, state="queued", ahead=2), "“五月.csv”排队等待处理", "前面还有 2 个任务"),
        (replace(JOB, state="queued"), "“五月.csv”排队等待处理", "排队中，等待开始"),
        (
            replace(JOB, state="queued", is_stalled=True),
            "“五月.csv”还没有处理完：后台程序没有回应",
            "还没有开始处理",
        ),
        (
            replace(JOB, is_stalled=True),
            "“五月.csv”还没有处理完：后台程序没有回应",
            "将由另一个接手；不会重复写入",
        ),
        (
            replace(JOB, task="undo", payload={"batch": 7}, is_stalled=True),
            "批次7的撤回还没有处理完：后台程序没有回应",
            "将由另一个接手",
        ),
    ],
)
def test_a_job_at_work_waiting_or_left_alone_is_called_so(
    job: JobView, headline: str, progress: str
) -> None:
    assert headline_of(job) == headline
    assert progress in str(progress_of(job).to_plotly_json())
