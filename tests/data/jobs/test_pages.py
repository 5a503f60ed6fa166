"""Pictures of a paper's pages are there all at once, whoever drew them and whatever was left."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.jobs import pages

DRAWN = [b"one", b"two"]


def test_two_workers_that_draw_one_paper_leave_one_set(tmp_path: Path) -> None:
    target = tmp_path / "pages" / "digest"
    pages._keep(DRAWN, target)
    pages._keep(DRAWN, target)
    assert sorted(path.name for path in target.iterdir()) == ["1.png", "2.png"]
    assert list(target.parent.iterdir()) == [target]


def test_what_a_killed_worker_left_is_in_nobodys_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "digest"

    def killed(_: Path, __: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            pages._keep(DRAWN, target)
    assert not target.exists()
    pages._keep(DRAWN, target)
    assert len(list(target.iterdir())) == 2
