"""Two example rows a kind for the templates; their 图斑编号 begin with 示例."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from data.vocabulary import SIX_QUESTIONS, UploadKind

#: What example rows call their patches; an upload that still has them says so.
EXAMPLE_MARK = "示例"
_FIRST, _SECOND = f"{EXAMPLE_MARK}-001", f"{EXAMPLE_MARK}-002"

Row = dict[str, Any]


def example_rows(kind: UploadKind, year: int) -> tuple[Row, Row]:
    """header → value (text, number or date) of two rows; a header left out is an empty cell.

    Raises KeyError for reference layers, which are drawn, not typed.
    """
    return _ROWS[kind](year)


def _patches(year: int) -> tuple[Row, Row]:
    return (
        {
            "年度": year,
            "图斑编号": _FIRST,
            "领域": "土地",
            "图斑类型": "新增非农建设类",
            "下发日期": date(year, 3, 8),
            "区市": "环翠区",
            "乡镇": "张村镇",
            "坐落": "村东路北",
            "监测面积": 12.35,
            "占用耕地面积": 8.2,
            "占用永久基本农田面积": 1.5,
            "图斑来源": "部下发",
            "中心经度": 122.05,
            "中心纬度": 37.46,
        },
        {
            "年度": year,
            "图斑编号": _SECOND,
            "领域": "矿产",
            "矿种": "建筑用花岗岩",
            "战略性矿种": "否",
            "下发日期": date(year, 3, 8),
            "区市": "荣成市",
            "监测面积": 30,
            "图斑来源": "举报",
        },
    )


def _findings(year: int) -> tuple[Row, Row]:
    unlawful: Row = {
        "年度": year,
        "图斑编号": _FIRST,
        "地块序号": 1,
        "合法性判定": "违法",
        "是否新增建设用地": "是",
        "用途": "仓储",
        "用地主体": "某某公司",
        "面积": 8.2,
        "占用耕地面积": 8.2,
        "占用永久基本农田面积": 1.5,
        **dict.fromkeys(SIX_QUESTIONS.values(), "否"),
        "判定依据": f"卫片图斑判定规则{year}版第3条",
        "具体情形": "未经批准硬化地面并搭建仓库",
        "是否符合规划": "否",
        "上报日期": date(year, 3, 20),
    }
    other: Row = {
        "年度": year,
        "图斑编号": _FIRST,
        "地块序号": 2,
        "合法性判定": "其他",
        "判定类别": "临时用地",
        "是否新增建设用地": "否",
        "面积": 4.15,
        "批准用地期限至": date(year + 1, 3, 31),
        "上报日期": date(year, 3, 20),
    }
    return unlawful, other


def _audits(year: int) -> tuple[Row, Row]:
    common: Row = {"年度": year, "图斑编号": _FIRST, "审核级别": "市级"}
    return (
        common
        | {
            "审核结果": "退回",
            "审核日期": date(year, 3, 25),
            "审核意见": "举证照片未显示全貌，请补充。",
            "退回原因": "举证缺失或不清、面积不符",
            "重新上报日期": date(year, 3, 29),
        },
        common | {"审核结果": "通过", "审核日期": date(year, 3, 31), "定性结果": "违法"},
    )


def _cases(year: int) -> tuple[Row, Row]:
    common: Row = {"年度": year, "图斑编号": _FIRST, "立案机关": "区自然资源局"}
    return (
        common
        | {
            "地块序号": 1,
            "制止日期": date(year, 3, 15),
            "立案日期": date(year, 4, 2),
            "案号": "示例立字1号",
            "处罚决定日期": date(year, 5, 10),
            "整改方式": "拆除复耕",
            "消除违法状态日期": date(year, 6, 30),
            "验收日期": date(year, 7, 10),
            "拆除复耕证明编号": "示例证1号",
            "恢复原貌面积": 1.0,
            "复耕到位面积": 7.2,
        },
        common
        | {"地块序号": 2, "立案日期": date(year, 4, 2), "整改方式": "没收"}
        | {"计划整改日期": date(year, 9, 30), "责任单位": "某某镇人民政府"},
    )


def _transfers(year: int) -> tuple[Row, Row]:
    common: Row = {"年度": year, "图斑编号": _FIRST, "地块序号": 1}
    return (
        common
        | {"移送部门": "公安", "移送日期": date(year, 5, 20), "文号": "示例移字1号"}
        | {"回复日期": date(year, 6, 3)},
        common | {"移送部门": "农业农村", "移送日期": date(year, 5, 21)},
    )


def _problems(year: int) -> tuple[Row, Row]:
    common: Row = {"年度": year, "列入日期": date(year, 5, 6)}
    return (
        common
        | {"图斑编号": _FIRST, "问题描述": "举证不足", "整改期限": date(year, 6, 5)}
        | {"销号日期": date(year, 5, 30)},
        common | {"图斑编号": _SECOND, "问题描述": "判定有误"},
    )


def _ledger(year: int) -> tuple[Row, Row]:
    common: Row = {"年度": year - 2, "区市": "乳山市", "坐落": "村西"}
    return (
        common
        | {
            "图斑编号": _FIRST,
            "地块序号": 1,
            "违法占用耕地面积": 3.6,
            "违法占用永久基本农田面积": 0,
            "整改方式": "拆除复耕",
            "整改期限": date(year, 6, 30),
            "消除违法状态日期": date(year, 4, 12),
        },
        common | {"图斑编号": _SECOND, "地块序号": 1, "违法占用耕地面积": 1.2},
    )


def _checks(year: int) -> tuple[Row, Row]:
    common: Row = {"年度": year, "图斑编号": _FIRST, "核查人": "张三、李四"}
    return (
        common | {"核查级别": "县级", "核查日期": date(year, 4, 2), "核查结论": "属实"},
        common
        | {"核查级别": "市级", "核查日期": date(year, 4, 20), "核查结论": "需整改"}
        | {"备注": "地面硬化未清除"},
    )


def _rechecks(year: int) -> tuple[Row, Row]:
    common: Row = {"年度": year, "图斑编号": _FIRST}
    return (
        common | {"地块序号": 1, "复核日期": date(year, 9, 1), "复核结论": "未变化"},
        common
        | {"地块序号": 2, "复核日期": date(year, 9, 1), "复核结论": "改变用途"}
        | {"备注": "看护房改为餐饮"},
    )


def _quota(year: int) -> tuple[Row, Row]:
    return (
        {"区市": "环翠区", "日期": date(year, 3, 31), "储备库指标": 520.5},
        {"区市": "荣成市", "日期": date(year, 3, 31), "储备库指标": 1860},
    )


def _submissions(year: int) -> tuple[Row, Row]:
    common: Row = {"期次": str(year), "区市": "环翠区"}
    return (
        common | {"报告": "半年报告", "收到日期": date(year, 7, 22)},
        common | {"报告": "年度报告", "收到日期": date(year + 1, 1, 20), "备注": "盖章件随后寄到"},
    )


_ROWS: dict[UploadKind, Callable[[int], tuple[Row, Row]]] = {
    UploadKind.PATCHES: _patches,
    UploadKind.FINDINGS: _findings,
    UploadKind.AUDITS: _audits,
    UploadKind.CASES: _cases,
    UploadKind.TRANSFERS: _transfers,
    UploadKind.PROBLEMS: _problems,
    UploadKind.LEDGER: _ledger,
    UploadKind.CHECKS: _checks,
    UploadKind.RECHECKS: _rechecks,
    UploadKind.QUOTA: _quota,
    UploadKind.SUBMISSIONS: _submissions,
}
