"""A column that says the target in other words: a model that reads it learns nothing else. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ml_steps.data.apart import LEAST_ROWS, ROWS_A_VALUE
from ml_steps.data.source import literal, quoted
from ml_steps.data.statement import Statement, Verdict
from ml_steps.data.wording import plural
from ml_steps.evidence import State

_QUERY = """
WITH by_value AS (
    SELECT coalesce(CAST({target} AS VARCHAR), '') AS "value", count(*) AS "rows",
        min(coalesce(CAST(COLUMNS(*) AS VARCHAR), '')) AS 'low \\0',
        max(coalesce(CAST(COLUMNS(*) AS VARCHAR), '')) AS 'high \\0'
    FROM _raw.{owner} GROUP BY 1
),
size AS (SELECT count(*) AS "values", sum("rows") AS "all" FROM by_value),
ends AS (UNPIVOT by_value ON COLUMNS(* EXCLUDE ("value", "rows")) INTO NAME "end" VALUE "text"),
telling AS (
    SELECT regexp_replace("end", '^(low|high) ', '') AS "name" FROM ends, size
    GROUP BY "name", "values", "all"
    HAVING count(DISTINCT "text") = "values" AND count(DISTINCT {{'value': "value", 'text': "text"}}) = "values"
        AND "values" > 1 AND "all" >= {least}
        AND ("all" >= {each} * "values" OR bool_and("text" = "value"))
)
SELECT string_agg("name", ', ' ORDER BY "name"), (SELECT coalesce("all", 0) FROM size)
FROM telling WHERE "name" NOT IN ({unseen})
"""


def leaked_target(owner: str, target: str, protected: Sequence[str] = ()) -> Statement:
    """Return the statement that no other column of the file tells the target's value, one to one, in every row.

    `protected` are columns that no predictor sees. With few rows for each value only a copy of the target counts.
    """
    unseen = ", ".join(literal(name) for name in (target, *protected))
    return Statement(
        id=f"{owner}.{target}.noLeak",
        object=owner,
        subject=target,
        expected="no other column that says the same",
        judge=_judge,
        query=_QUERY.format(
            owner=quoted(owner), target=quoted(target), unseen=unseen, least=LEAST_ROWS, each=ROWS_A_VALUE
        ),
        detail="A model that reads it will not have it in production; take it out of the data, or name it in "
        "[tool.ml-pipeline.evaluate] protected, so that no predictor sees it.",
    )


def _judge(measured: tuple[Any, ...], _: int) -> Verdict:
    telling, rows = measured
    if rows < LEAST_ROWS:
        return Verdict(State.SKIP, f"not judged: {plural(rows, 'row')}, and it takes {LEAST_ROWS}")
    return Verdict(State.FAIL, f"{telling} says the same") if telling else Verdict(State.PASS, "none found")
