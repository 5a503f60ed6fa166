"""Commands of staff and administrators: rules, records and whom to call."""

from __future__ import annotations

from data.acting import acting
from data.commands.arguments import Arguments
from data.commands.output import DONE, print_json, print_table, said, store_of
from data.settings import Settings


def run_rules(settings: Settings, arguments: Arguments) -> int:
    from data.rules.plain import words_of
    from data.tables.doing import rules_document
    from data.workflow.parameters import change_parameter, in_force, parse_value

    store = store_of(settings)
    day = arguments.on or settings.today()
    if arguments.action == "set":
        rule_id, name = arguments.parameter
        day = arguments.valid_from
        with store.write() as conn:
            change_parameter(
                conn,
                rule_id,
                name,
                parse_value(arguments.value),
                day,
                arguments.reason,
                settings.today(),
            )
    with store.read() as conn:
        rules = in_force(conn, day)
    if arguments.json:
        print_json(rules_document(rules, day))
        return DONE
    print(f"{day.isoformat()}的规则")
    for rule in rules:
        print(f"{rule['id']}\t{rule['name']}\t{rule['clause']}")
        for parameter in rule["parameters"]:
            value = words_of(parameter["value"], parameter["unit"])
            basis = "方案" if parameter["basis"] == "plan" else "本市设定"
            reasons = "；".join(
                f"{c['valid_from'].isoformat()}起，{c['reason']}" for c in parameter["changed"]
            )
            words = (parameter["name"], parameter["label"], value, basis, reasons)
            print("\t" + "\t".join(str(word) for word in words).rstrip())
    return DONE


def run_record(settings: Settings, arguments: Arguments) -> int:
    from data.workflow.records import NewRecord, add_record, records, withdraw_record

    store, today = store_of(settings), settings.today()
    if arguments.action == "list":
        with store.read() as conn:
            rows = records(conn, acting().scope, arguments.year)
        if arguments.json:
            print_json(rows)
        else:
            names = ("id", "kind", "subject", "recorded_on", "reason", "due_on", "withdrawn_on")
            print_table([[row[name] for name in names] for row in rows])
        return DONE
    if arguments.action == "withdraw":
        with store.write() as conn:
            number, on = arguments.number, arguments.on
            withdraw_record(conn, acting(), number, on, arguments.reason, today)
        sentence = f"第{arguments.number}号登记已撤销。"
        return said(arguments, {"withdrawn": arguments.number}, sentence)
    new = NewRecord(
        arguments.kind,
        arguments.year,
        arguments.subject,
        arguments.on,
        arguments.reason,
        arguments.due,
        arguments.document,
        arguments.area,
        tuple(arguments.patch),
    )
    with store.write() as conn:
        number = add_record(conn, acting(), new, today)
    return said(arguments, {"record": number}, f"已登记，编号{number}。")


def run_contacts(settings: Settings, arguments: Arguments) -> int:
    from data.store.queries.stamp import Contact, districts
    from data.workflow.contacts import set_contact

    store = store_of(settings)
    if arguments.action == "set":
        contact = Contact(arguments.unit, arguments.post, arguments.telephone)
        with store.write() as conn:
            name = set_contact(conn, arguments.district, contact)
        return said(arguments, {"district": name}, f"{name}的联系方式已更新。")
    with store.read() as conn:
        units = [unit for unit in districts(conn) if acting().scope.allows(unit.code)]
    rows = [
        {
            "district": unit.code,
            "name": unit.short_name,
            "unit": unit.contact.unit if unit.contact else None,
            "post": unit.contact.post if unit.contact else None,
            "telephone": unit.contact.telephone if unit.contact else None,
        }
        for unit in units
    ]
    if arguments.json:
        print_json(rows)
    else:
        print_table(
            [["代码", "区市", "单位", "岗位", "电话"], *(list(row.values()) for row in rows)]
        )
    return DONE
