"""Columns of a CSV file that are numbers almost everywhere: one value written otherwise makes text of them all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from ml_steps.data import logical
from ml_steps.data.infer import NUMBER
from ml_steps.data.session import RAW, Session
from ml_steps.data.source import Source, literal, quoted
from ml_steps.data.statement import NONE, Statement, counted, judge_count

MOSTLY = 0.9
"""Share of the values that are numbers, in the first rows."""
_FIRST_ROWS = 1_000
_FEWEST = 10
_CODE = "0[0-9]+"
"""A post code or the like, which is no number that was written otherwise."""


def numbers(
    session: Session, source: Source, kinds: Mapping[str, str], hidden: Set[str], elsewhere: Set[str]
) -> Iterator[Statement]:
    """Yield the statement, which only warns, that a column of text has no value but numbers, where most are.

    `kinds` are those of the columns, `hidden` the columns, in lower case, whose values must not be shown, `elsewhere`
    those that are numbers in the file that this one goes with.
    """
    texts = [name for name, kind in kinds.items() if kind == "string"]
    is_csv = source.format.startswith("csv")
    wanted = {*elsewhere, *(_mostly(session, source, texts) if is_csv else ())}
    for name in (text for text in texts if text in wanted):
        # A number that is stored as a text, where there are types, is one.
        written = f"regexp_full_match({quoted(name)}, {literal(f'{NUMBER}|{_CODE}')})" if is_csv else "false"
        bad = f"(NOT {logical.missing(name)} AND NOT {written})"
        yield Statement(
            id=f"{source.name}.{name}.numbers",
            object=source.name,
            subject=name,
            expected="numbers, as in the other file" if name in elsewhere else "numbers, as most values are",
            judge=judge_count(NONE, noun="written otherwise"),
            aggregates=counted(bad),
            where=f"WHERE {bad}",
            show="" if name.lower() in hidden else name,
            required=False,
            detail="It makes text of the whole column, for the predictor too; mend it, or say in a contract what is "
            "missing (missingText), or that the column is text.",
        )


def _mostly(session: Session, source: Source, names: list[str]) -> list[str]:
    if not names:
        return []
    first = f"(FROM {RAW}.{quoted(source.name)} LIMIT {_FIRST_ROWS})"
    found = session.rows(
        f'SELECT "name" FROM {logical.standing(names, first)} GROUP BY 1 HAVING count(*) >= {_FEWEST} '
        f'AND avg(CAST(regexp_full_match("text", {literal(NUMBER)}) AS INTEGER)) >= {MOSTLY}'
    )
    return [name for name in names if (name,) in found]
