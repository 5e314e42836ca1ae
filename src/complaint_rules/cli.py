"""Command line: the commands by name; results on stdout, problems on stderr, what happened in the exit code."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from itertools import pairwise

from cyclopts import App, CycloptsError

from complaint_rules import (
    __version__,
    cli_audit,
    cli_calendar,
    cli_check,
    cli_complaint,
    cli_diff,
    cli_each,
    cli_replay,
    cli_ruleset,
    cli_simulate,
    cli_time,
    cli_watch,
    cli_writing,
)
from complaint_rules.diagnostics import ComplaintRulesError
from complaint_rules.printed import BAD_INPUT, OK, printable
from complaint_rules.typed import STDIN
from complaint_rules.words import Lang

app = App(name="complaint-rules", version=__version__, help="Run complaint procedures written as rulesets.")
app.command(cli_complaint.decide)
app.command(cli_complaint.explain)
app.command(cli_complaint.ask)
app.command(cli_time.due)
app.command(cli_time.reports)
app.command(cli_replay.replay)
app.command(cli_replay.timeline)
app.command(cli_watch.watch)
app.command(cli_audit.audit)
app.command(cli_calendar.calendar)
app.command(cli_ruleset.facts)
app.command(cli_ruleset.show)
app.command(cli_check.check)
app.command(cli_ruleset.run_beside, name="test")
app.command(cli_ruleset.clauses)
app.command(cli_ruleset.covered, name="coverage")
app.command(cli_diff.compare_rulesets, name="diff")
app.command(cli_simulate.simulate)
app.command(cli_simulate.verify)
app.command(cli_simulate.compare)
app.command(cli_simulate.synthesise)
app.command(cli_writing.new)
app.command(cli_writing.fmt)
app.command(cli_writing.stubs)
app.command(cli_writing.generate)
app.command(cli_each.each)
app.command(cli_writing.mutate)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 ok, 1 findings or undetermined, 2 bad input."""
    _be_lenient(sys.stdout, sys.stderr)
    # A bare `-` looks like an option to the parser.
    arguments = [STDIN if a == "-" else a for a in (sys.argv[1:] if argv is None else argv)]
    try:
        code = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except ComplaintRulesError as error:
        return _refuse(error.render(_lang_of(arguments)))
    except CycloptsError as error:
        return _refuse(f"error: {error}")
    except ModuleNotFoundError as error:
        # A package that is optional; the message says which.
        return _refuse(f"error: {error}")
    except BrokenPipeError:
        # The reader has left; what Python still holds for it must go somewhere at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as error:
        return _refuse(f"error: {error.filename or ''}: {error.strerror or error}")
    return code if isinstance(code, int) else OK


def _be_lenient(*streams: object) -> None:
    """Let a terminal that lacks a character show an escape of it instead of failing."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _lang_of(arguments: Sequence[str]) -> Lang:
    return "zh" if "--lang=zh" in arguments or ("--lang", "zh") in pairwise(arguments) else "en"


def _refuse(text: str) -> int:
    print(printable(text), file=sys.stderr)
    return BAD_INPUT
