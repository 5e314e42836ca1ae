"""Plant faults in the shipped rulesets, and say which of `check`, invariants and examples find each.

The faults are slips of the hand in the text of the file, drawn by chance from a fixed seed; they know nothing of the
operators of `complaint-rules mutate`, nor of its proofs.

    python tools/planted_faults.py            # the table
    python tools/planted_faults.py --write    # the same, into docs/assurance.md
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from complaint_rules.check import check
from complaint_rules.clauses import clause_map, clauses_path, read_clauses
from complaint_rules.compile import compile_ruleset, under
from complaint_rules.diagnostics import FactsError, RulesetError, Severity
from complaint_rules.example_file import examples_path, read_examples
from complaint_rules.library import find_ruleset, read_ruleset
from complaint_rules.noticing import fails
from complaint_rules.proving import prove_all
from complaint_rules.ruleset import Ruleset

SEED = 20_261_125
RULESETS = ("auto_dealer", "bank", "food", "retail_food", "web_services")
PAGE = Path(__file__).parents[1] / "docs" / "assurance.md"
BEGIN, END = "<!-- planted faults -->\n", "<!-- end of planted faults -->\n"
HEAD = "| ruleset | kind | line | was | became | check | invariants | examples |\n|---|---|---|---|---|---|---|---|\n"

# A slip in one line: the line after it, or None where it cannot be made there.
Slip = Callable[[str, Random], str | None]


@dataclass(frozen=True, slots=True)
class Fault:
    """A line of a ruleset (or of its clause index) that became another; an empty one is lost."""

    ruleset: str
    kind: str
    file: str  # what follows the ruleset's name
    line: int
    was: str
    became: str


@dataclass(frozen=True, slots=True)
class Found:
    """Who found a fault: None was not asked, for what does not load has no meaning to try."""

    check: bool
    invariants: bool | None
    examples: bool | None


# --- the slips of the hand ------------------------------------------------------------------------------


def replaced(pattern: str, other: Callable[[str, Random], str]) -> Slip:
    """Return the slip that writes something else for the group of one of the places that match."""

    def slip(line: str, rng: Random) -> str | None:
        found = list(re.finditer(pattern, line))
        if not found:
            return None
        match = rng.choice(found)
        return line[: match.start(1)] + other(match[1], rng) + line[match.end(1) :]

    return slip


def one_off(word: str, rng: Random) -> str:
    number = int(word)
    return str(number + 1 if number == 0 or rng.random() < 0.5 else number - 1)


def swapped_letters(word: str, rng: Random) -> str:
    places = [n for n in range(len(word) - 1) if word[n] != word[n + 1]]
    at = rng.choice(places)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


UNITS = {
    "working_day": "calendar_day",
    "calendar_day": "working_day",
    "business_hour": "hour",
    "hour": "business_hour",
    "week": "month",
    "month": "week",
}
SIGNS = {">=": ">", ">": ">=", "<=": "<", "<": "<="}

SLIPS: dict[str, Slip] = {
    "wrong number": replaced(r"(?:then|value|assumed|reading|[a-z]_days|[a-z]_hours): (\d+)(?=[,}\s]|$)", one_off),
    "wrong unit": replaced(r"\bunit: (\w+)", lambda w, _: UNITS.get(w, w)),
    "bound taken in or left out": replaced(r'"([<>]=?) ', lambda w, _: SIGNS[w]),
    "off by one": replaced(r'(?:[<>]=? |P|PT|_due: |reaches: |within: )(\d+)(?=["DHW,}]|$)', one_off),
    "yes for no": replaced(r": (yes|no)(?=[,}\]])", lambda w, _: "no" if w == "yes" else "yes"),
    "condition lost": replaced(r'(?:when|needs): \{([a-z_]+: (?:[\w-]+|"[^"]*"), )', lambda _w, _: ""),
    "negation lost": replaced(r"(not\([^()]*\))", lambda w, _: f"[{w[4:-1]}]"),
    "unknown forgotten": replaced(r": (unknown|known|regulated|not_regulated)(?=[,}])", lambda _w, _: '"-"'),
    "typo of a name": replaced(r"[{ ]([a-z]+_[a-z_]+)(?=: )", swapped_letters),
    "value of a list lost": replaced(r"\[([a-z_]+, )(?=[a-z_, ]+\])", lambda _w, _: ""),
    "event mistaken": replaced(r"\{(first|last)(?=: )", lambda w, _: "last" if w == "first" else "first"),
}


def other_than(pattern: str, lines: Sequence[str], line: str, rng: Random) -> str | None:
    """Return a line in which the group of a pattern says what it says on one of these lines."""
    own = re.search(pattern, line)
    if own is None:
        return None
    others = sorted({m[1] for each in lines if (m := re.search(pattern, each))} - {own[1], "yes", "no"})
    return (
        line[: own.start(1)] + rng.choice(others) + line[own.end(1) :]
        if others and own[1] not in ("yes", "no")
        else None
    )


def wrong_output(lines: Sequence[str], at: int, rng: Random) -> str | None:
    """Return a rule's line with what another rule near it says."""
    return other_than(r"\bthen: ([a-z_]+)(?=[,}]|$)", lines[max(0, at - 8) : at + 9], lines[at], rng)


def wrong_recipient(lines: Sequence[str], at: int, rng: Random) -> str | None:
    """Return a line with another owner, doer or recipient: one that the file names elsewhere."""
    return other_than(r"\b(?:owner|to|by): ([a-z_]+)(?=[,}]|$)", lines, lines[at], rng)


IN_CONTEXT = {"wrong department or answer": wrong_output, "wrong owner or recipient": wrong_recipient}
A_RULE = re.compile(r"\s+- \{id: \w+, .*(then|needs): .*\}$")
A_CLAUSE = re.compile(r"\s+[\w.-]+: \{at: ")


def planted(ruleset: str, kind: str, rng: Random) -> Fault | None:
    """Return a fault of a kind in a ruleset, at a place drawn by chance; None where it has no such place."""
    file = ".clauses.yaml" if kind == "clause lost" else ".yaml"
    lines = find_ruleset(ruleset).with_name(f"{ruleset}{file}").read_text("utf-8").splitlines()
    places = [(n, b) for n in range(len(lines)) if (b := _became(lines, n, kind, rng)) not in (None, lines[n])]
    if not places:
        return None
    at, became = rng.choice(places)
    return Fault(ruleset, kind, file, at + 1, lines[at], became or "")


def _became(lines: Sequence[str], at: int, kind: str, rng: Random) -> str | None:
    line = lines[at]
    if line.lstrip().startswith("#"):
        return None
    if kind in SLIPS:
        return SLIPS[kind](line, rng)
    if kind in IN_CONTEXT:
        return IN_CONTEXT[kind](lines, at, rng)
    if kind == "rules swapped":
        after = lines[at + 1] if at + 1 < len(lines) else ""
        return after if A_RULE.match(line) and A_RULE.match(after) else None
    pattern = A_CLAUSE if kind == "clause lost" else A_RULE
    return "" if pattern.match(line) else None


KINDS = (*SLIPS, *IN_CONTEXT, "rule lost", "rules swapped", "clause lost")


def faults() -> Iterator[Fault]:
    """Yield a fault of each kind in each ruleset that has a place for it, none twice."""
    for ruleset in RULESETS:
        for kind in KINDS:
            found = planted(ruleset, kind, Random(f"{SEED} {ruleset} {kind}"))  # noqa: S311 - a draw, not a secret
            if found is not None:
                yield found


# --- who finds them -------------------------------------------------------------------------------------


def found_by(fault: Fault) -> Found:
    """Return who finds a fault."""
    source = find_ruleset(fault.ruleset)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / source.name
        for path in (source, clauses_path(source), examples_path(source)):
            text = path.read_text("utf-8")
            same = path.name == f"{fault.ruleset}{fault.file}"
            target.with_name(path.name).write_text(_with(text, fault) if same else text, "utf-8")
        return _found_in(target)


def _with(text: str, fault: Fault) -> str:
    lines = text.splitlines()
    at = fault.line - 1
    if fault.kind == "rules swapped":
        lines[at : at + 2] = [lines[at + 1], lines[at]]
    else:
        lines[at : at + 1] = [fault.became] if fault.became else []
    return "\n".join(lines) + "\n"


def _found_in(path: Path) -> Found:
    try:
        ruleset = read_ruleset(path)
    except RulesetError:
        return Found(check=True, invariants=None, examples=None)
    findings = check(ruleset)
    if any(d.severity is Severity.ERROR for d in findings):
        return Found(check=True, invariants=None, examples=None)
    clauses = clause_map(ruleset, read_clauses(clauses_path(path)))
    found = bool(findings or clauses.missing or clauses.not_in_index or clauses.uncited)
    refuted = any(p.status == "refuted" for p in prove_all(ruleset))
    return Found(found, refuted, _examples_fail(ruleset, path))


def _examples_fail(ruleset: Ruleset, path: Path) -> bool:
    rules = compile_ruleset(ruleset)
    try:
        examples = read_examples(examples_path(path), ruleset)
        return any(fails(under(rules, e.parameters) if e.parameters else rules, e) for e in examples)
    except (RulesetError, FactsError):
        return True


# --- the table ------------------------------------------------------------------------------------------


def row(fault: Fault, found: Found) -> str:
    """Return a fault and who finds it as a row of the table."""
    said = [{True: "yes", False: "no", None: "–"}[f] for f in (found.check, found.invariants, found.examples)]
    was, became = (_cell(t) for t in _parted(fault.was, fault.became))
    place = f"{fault.line}" if fault.file == ".yaml" else f"clauses {fault.line}"
    return f"| {fault.ruleset} | {fault.kind} | {place} | {was} | {became} | {' | '.join(said)} |"


def _parted(was: str, became: str, room: int = 24) -> tuple[str, str]:
    """Return where two lines differ, with a little of what stands around it."""
    start = next((n for n, (a, b) in enumerate(zip(was, became, strict=False)) if a != b), min(len(was), len(became)))
    start = max(0, start - room // 2)
    return was[start:].strip()[: 2 * room], became[start:].strip()[: 2 * room]


def _cell(text: str) -> str:
    return f"`{text}`".replace("|", "\\|") if text else "(lost)"


def summary(rows: Sequence[str]) -> str:
    """Return how many of the faults each finds, counted from the rows of the table."""
    said = [r.rsplit(" | ", 3)[1:] for r in rows]
    told = [tuple(s.strip(" |") for s in one) for one in said]
    by = [sum(t[n] == "yes" for t in told) for n in range(3)]
    none = sum("yes" not in t for t in told)
    return (
        f"{len(rows)} faults: `check` finds {by[0]}, invariants {by[1]}, examples {by[2]} "
        f"of those that load; nothing finds {none}.\n"
    )


def main() -> None:
    """Print the table, or write it into its page."""
    rows = []
    for fault in faults():
        rows.append(row(fault, found_by(fault)))
        print(rows[-1], file=sys.stderr, flush=True)
    table = f"{summary(rows)}\n{HEAD}" + "".join(f"{r}\n" for r in rows)
    if "--write" not in sys.argv:
        print(table)
        return
    text = PAGE.read_text("utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
