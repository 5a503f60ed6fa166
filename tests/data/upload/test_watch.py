from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import StoreRefused, SupervisionError
from data.scope import Scope
from data.store.engine import Store
from data.store.queries.uploads import upload_list
from data.upload import watch as drop
from data.upload.watch import RULES, read_rules, watch
from data.vocabulary import UploadKind
from tests.uploading import PATCHES, csv

TOML = """
settle_seconds = 0

[[rule]]
pattern = "下发图斑*.csv"
kind = "下发图斑"
year = 2023
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "投递"
    folder.mkdir()
    (folder / RULES).write_text(TOML, "utf-8")
    return folder


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def run(store: Store, folder: Path) -> None:
    watch(store, store.settings, folder, once=True)


def kinds_of_batches(store: Store) -> list[str]:
    with store.read() as conn:
        return [batch["kind"] for batch in upload_list(conn, Scope.all())]


def test_a_good_file_is_uploaded_and_moved_to_done(store: Store, folder: Path) -> None:
    csv(folder / "下发图斑5月.csv", *PATCHES)
    run(store, folder)
    assert kinds_of_batches(store) == ["patches"]
    assert names(folder / "done") == {"下发图斑5月.csv"}
    assert names(folder) == {RULES, "done", "rejected"}


def test_a_partly_good_file_gets_its_workbook_and_reasons_beside_it(
    sqlite_store: Store, folder: Path
) -> None:
    csv(folder / "下发图斑5月.csv", *PATCHES, "HC-009,新增非农建设类,2023-05-08,环翠区,-1,0")
    run(sqlite_store, folder)
    assert names(folder / "done") == {
        "下发图斑5月.csv",
        "下发图斑5月_退回.xlsx",
        "下发图斑5月.csv.txt",
    }
    said = (folder / "done" / "下发图斑5月.csv.txt").read_text("utf-8-sig")
    assert "退回1行" in said
    assert "第5行“监测面积”" in said


def test_a_file_of_which_nothing_can_be_taken_is_rejected(
    sqlite_store: Store, folder: Path
) -> None:
    csv(folder / "下发图斑坏.csv", "HC-009,新增非农建设类,2023-05-08,环翠区,-1,0")
    run(sqlite_store, folder)
    assert kinds_of_batches(sqlite_store) == []
    assert names(folder / "rejected") == {
        "下发图斑坏.csv",
        "下发图斑坏_退回.xlsx",
        "下发图斑坏.csv.txt",
    }


def test_a_file_without_a_rule_is_rejected_and_told_what_to_do(
    sqlite_store: Store, folder: Path
) -> None:
    csv(folder / "来历不明.csv", *PATCHES)
    run(sqlite_store, folder)
    said = (folder / "rejected" / "来历不明.csv.txt").read_text("utf-8-sig")
    assert "没有适合“来历不明.csv”的规则" in said


def test_nothing_is_overwritten_when_a_name_comes_again(sqlite_store: Store, folder: Path) -> None:
    for area in ("12.5", "13"):
        csv(folder / "下发图斑5月.csv", PATCHES[0].replace("12.5", area))
        run(sqlite_store, folder)
    kept = sorted((folder / "done").iterdir())
    assert len(kept) == 2
    assert {path.read_text("utf-8").count(",13,") for path in kept} == {0, 1}


def test_a_file_that_is_still_growing_is_left_alone(
    sqlite_store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / RULES).write_text(TOML.replace("settle_seconds = 0", "settle_seconds = 1"), "utf-8")
    path = csv(folder / "下发图斑5月.csv", PATCHES[0])
    monkeypatch.setattr("time.sleep", lambda _: csv(path, *PATCHES))
    run(sqlite_store, folder)
    assert path.exists()
    assert kinds_of_batches(sqlite_store) == []


@pytest.mark.parametrize("name", ["~$下发图斑.csv", ".下发图斑.csv", "下发图斑.csv.part"])
def test_files_that_are_not_ready_by_their_names_are_left_alone(
    sqlite_store: Store, folder: Path, name: str
) -> None:
    path = csv(folder / name, *PATCHES)
    run(sqlite_store, folder)
    assert path.exists()


def test_a_link_is_not_followed(sqlite_store: Store, folder: Path, tmp_path: Path) -> None:
    (folder / "下发图斑.csv").symlink_to(csv(tmp_path / "elsewhere.csv", *PATCHES))
    run(sqlite_store, folder)
    assert kinds_of_batches(sqlite_store) == []


def test_a_locked_store_leaves_the_file_for_the_next_time(
    sqlite_store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> None:
        raise StoreRefused("数据库正忙。")

    monkeypatch.setattr(drop, "upload_file", locked)
    path = csv(folder / "下发图斑5月.csv", *PATCHES)
    run(sqlite_store, folder)
    assert path.exists()


def test_a_rule_fills_what_the_file_lacks(store: Store, folder: Path) -> None:
    (folder / RULES).write_text(
        TOML + 'district = "乳山市"\nset = { "图斑类型" = "其他变化类" }\n', "utf-8"
    )
    csv(folder / "下发图斑.csv", "RS-1,2023-05-08,5", header="图斑编号,下发日期,监测面积")
    run(store, folder)
    assert names(folder / "done") == {"下发图斑.csv"}


def test_the_first_rule_that_fits_counts(folder: Path) -> None:
    (folder / RULES).write_text(
        TOML + '[[rule]]\npattern = "*.CSV"\nkind = "findings"\n', encoding="utf-8"
    )
    rules = read_rules(folder)
    first, second = rules.for_name("下发图斑1.csv"), rules.for_name("核查.csv")
    assert first is not None
    assert second is not None
    assert (first.kind, second.kind) == (UploadKind.PATCHES, UploadKind.FINDINGS)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[[rule]\n", "第1行写法不对"),
        ('[[rule]]\npattern = "*"\nkind = "findings"\ndistrict = "环翠区"\n', "没有“区市”列"),
        ("settle_seconds = 1\n", "没有 [[rule]]"),
        ('[[rule]]\nkind = "patches"\n', "第1条规则缺少 pattern"),
        ('[[rule]]\npattern = "*"\nkind = "图班"\n', "应为：下发图斑、"),
        ('[[rule]]\npattern = "*"\nkind = "patches"\nyaer = 2023\n', "yaer"),
        ('[[rule]]\npattern = "*"\nkind = "reference"\n', "须用 layer"),
        ('[[rule]]\npattern = "*"\nkind = "patches"\nyear = "2023"\n', "year 应为数字"),
        ('settle_seconds = "x"\n[[rule]]\npattern = "*"\nkind = "patches"\n', "settle_seconds"),
    ],
)
def test_faulty_rules_are_named(folder: Path, text: str, part: str) -> None:
    (folder / RULES).write_text(text, "utf-8")
    with pytest.raises(SupervisionError) as refusal:
        read_rules(folder)
    assert part in refusal.value.message


def test_a_folder_without_rules_says_so(tmp_path: Path) -> None:
    with pytest.raises(SupervisionError, match=RULES):
        read_rules(tmp_path)
