"""The command line: what figures.md says, with Chinese sentences on stderr for what is refused.

Exit 0 done, 1 refused, 2 wrong usage. With --json stdout carries one JSON document, nothing else.
Heavy modules are imported by the command that needs them, so that the others start at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from data.acting import acting_as
from data.commands.arguments import Arguments
from data.commands.logbook import Logbook, logbook, told
from data.commands.output import DONE, REFUSED, store_of
from data.commands.parser import command_parser
from data.errors import SupervisionError
from data.faults import number_of
from data.known import Known, knowing
from data.rights import COMMAND_LINE, Right
from data.settings import Settings


def main(argv: Sequence[str] | None = None) -> int:
    arguments = command_parser().parse_args(argv)
    try:
        settings = Settings.from_environment()
    except SupervisionError as error:
        print(error.message, file=sys.stderr)
        return REFUSED
    with logbook(settings.local_dir) as book:
        return _run(settings, arguments, book)


def _run(settings: Settings, arguments: Arguments, book: Logbook) -> int:
    """The exit code. Whatever goes wrong is said in one sentence; a trace goes to the log."""
    handler: Callable[[Settings, Arguments], int] = arguments.handler
    try:
        _prove_rules()
        with _on_behalf(settings, arguments), knowing(_known_on(arguments)):
            return handler(settings, arguments)
    except SupervisionError as error:
        print(error.message, file=sys.stderr)
    except BrokenPipeError:  # the reader of the pipe has seen enough
        sys.stderr.close()
        return DONE
    except KeyboardInterrupt:
        print("已中断。没有写完的一步不会留在库里。", file=sys.stderr)
    except Exception as error:
        print(told(error, book, arguments.command), file=sys.stderr)
    return REFUSED


@contextmanager
def _on_behalf(settings: Settings, arguments: Arguments) -> Iterator[None]:
    """--as-user (or --by): in that account's scope, with its rights and under its name; a disabled
    one is refused, and one without the command's right."""
    name = getattr(arguments, "as_user", None)
    if name is None or name == COMMAND_LINE.name:
        yield
        return
    from data.store.queries.accounts import account_named

    with store_of(settings).read_now() as conn:
        account = account_named(conn, name)
    account.require(Right.READ, arguments.right)
    with acting_as(account):
        yield


def _known_on(arguments: Arguments) -> Known | None:
    """--known-on: figures need sums alone."""
    moment = getattr(arguments, "known_on", None)
    return Known(moment, arguments.command == "figures") if moment is not None else None


def _prove_rules() -> None:
    """A rule file that cannot be trusted stops the program before it touches the store."""
    from data.measures.following import following
    from data.rules.loader import RuleError, all_rules

    try:
        all_rules()
        following()
    except RuleError as error:
        number = number_of(error, "in the rule files")
        place = str(error).partition(": ")[0]
        raise SupervisionError(
            f"规则文件 {place} 有误，程序已停止；原因见日志（编号 {number}）。请恢复原来的文件。"
        ) from error
