"""Refusals carry a sentence for the user."""

from __future__ import annotations

import pytest

from data.errors import Issue, NotFound, StoreRefused, SupervisionError, UploadRefused


@pytest.mark.parametrize("kind", [UploadRefused, StoreRefused, NotFound])
def test_every_refusal_is_caught_as_one_family_and_reads_as_its_sentence(
    kind: type[SupervisionError],
) -> None:
    with pytest.raises(SupervisionError, match=r"^数据库只读") as caught:
        raise kind("数据库只读。请检查文件权限。")
    assert caught.value.message == str(caught.value) == "数据库只读。请检查文件权限。"


def test_an_issue_of_a_whole_row_names_no_column_and_equal_issues_are_one() -> None:
    issue = Issue(row=5, column=None, message="图斑编号为空")
    assert issue.sheet is None
    assert len({issue, Issue(5, None, "图斑编号为空")}) == 1
