"""One contender of benchmarks/data.py: `python data_contender.py NAME FILE` makes ten checks and prints how many hold.

`evidently NOW BEFORE` prints how many columns have drifted instead. The ten checks:

Rows, no missing text, label and timestamp, label and source in their sets, text length, range of score, timestamps
with a zone, unique id.
"""

import sys
from collections.abc import Callable

LABELS, SOURCES = [0, 1, 2], ["tweets", "amazon", "forum"]
TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
COLUMNS = ("id", "text", "label", "score", "timestamp", "source")


def duckdb(path: str) -> int:
    """Run one bare scan, with what our own checks mean by missing, integer, number and timestamp, written by hand."""
    import duckdb as engine

    connection = engine.connect(config={"threads": "2", "memory_limit": "1GB"})
    connection.execute("SET TimeZone='UTC'")
    types = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
    csv = path.endswith(".csv")
    scan = f"read_csv('{path}', columns={{{types}}}, auto_detect=false, header=true)" if csv else f"'{path}'"
    texts = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in COLUMNS)
    blank = {name: f"({name} IS NULL OR trim({name}) = '')" for name in COLUMNS}
    number = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
    integer = {name: f"CASE WHEN regexp_full_match({name}, '[+-]?[0-9]+') THEN TRY_CAST({name} AS BIGINT) END"
               for name in ("id", "label")}  # fmt: skip
    score = f"CASE WHEN regexp_full_match(score, '{number}') THEN TRY_CAST(score AS DOUBLE) END"
    time = f"CASE WHEN regexp_matches(timestamp, '{TIME}') THEN TRY_CAST(timestamp AS TIMESTAMPTZ) END"
    bad = [
        *(blank[name] for name in ("text", "label", "timestamp")),
        f"NOT {blank['label']} AND coalesce({integer['label']} NOT IN (0, 1, 2), true)",
        f"NOT {blank['source']} AND source NOT IN ('tweets', 'amazon', 'forum')",
        f"NOT {blank['text']} AND length(text) NOT BETWEEN 10 AND 10000",
        f"NOT {blank['score']} AND coalesce({score} NOT BETWEEN 0 AND 100, true)",
        f"NOT {blank['timestamp']} AND {time} IS NULL",
    ]
    counts = ", ".join(f"count(*) FILTER (WHERE {one})" for one in bad)
    ids = f"count({integer['id']}) - count(DISTINCT {integer['id']})"
    rows, *found = connection.execute(f"SELECT count(*), {ids}, {counts} FROM (SELECT {texts} FROM {scan})").fetchall()[
        0
    ]
    return sum([rows >= 1000, *(count == 0 for count in found)])


def great_expectations(path: str) -> int:
    """Run an expectation for each check, over pandas, as its own documentation does."""
    import great_expectations as gx
    import pandas

    frame = pandas.read_csv(path) if path.endswith(".csv") else pandas.read_parquet(path)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("data").add_dataframe_asset("train")
    batch = asset.add_batch_definition_whole_dataframe("all")
    given = gx.expectations
    suite = gx.ExpectationSuite(
        "ten",
        expectations=[
            given.ExpectTableRowCountToBeBetween(min_value=1000),
            *(given.ExpectColumnValuesToNotBeNull(column=name) for name in ("text", "label", "timestamp")),
            given.ExpectColumnValuesToBeInSet(column="label", value_set=LABELS),
            given.ExpectColumnValuesToBeInSet(column="source", value_set=SOURCES),
            given.ExpectColumnValueLengthsToBeBetween(column="text", min_value=10, max_value=10000),
            given.ExpectColumnValuesToBeBetween(column="score", min_value=0, max_value=100),
            given.ExpectColumnValuesToMatchRegex(column="timestamp", regex=TIME),
            given.ExpectColumnValuesToBeUnique(column="id"),
        ],
    )
    results = batch.get_batch({"dataframe": frame}).validate(suite).results
    return sum(bool(result.success) for result in results)


def pandera(path: str) -> int:
    """Run a schema over a polars frame."""
    import pandera.polars as pa
    import polars

    frame = polars.read_csv(path) if path.endswith(".csv") else polars.read_parquet(path)
    check = pa.Check
    schema = pa.DataFrameSchema(
        {
            "id": pa.Column(int, unique=True),
            "text": pa.Column(str, check.str_length(10, 10000), nullable=False),
            "label": pa.Column(None, check.isin(LABELS), nullable=False),
            "score": pa.Column(float, check.in_range(0, 100)),
            "timestamp": pa.Column(str, check.str_matches(TIME), nullable=False),
            "source": pa.Column(str, check.isin(SOURCES)),
        },
        checks=check(lambda data: data.lazyframe.select(polars.len() >= 1000)),
    )
    schema.validate(frame, lazy=True)
    return 10


def pointblank(path: str) -> int:
    """Run a plan over a polars frame."""
    import pointblank as pb
    import polars

    frame = polars.read_csv(path) if path.endswith(".csv") else polars.read_parquet(path)
    plan = (
        pb.Validate(frame)
        .col_vals_not_null(["text", "label", "timestamp"])
        .col_vals_in_set("label", LABELS)
        .col_vals_in_set("source", SOURCES)
        .col_vals_expr(polars.col("text").str.len_chars().is_between(10, 10000))
        .col_vals_between("score", 0, 100)
        .col_vals_regex("timestamp", TIME)
        .rows_distinct("id")
        .interrogate(get_first_n=5)
    )
    return 10 if plan.all_passed() and len(frame) >= 1000 else 0


def evidently(now: str, before: str) -> int:
    """Return how many columns of a file have drifted from another, by the measures that it chooses itself."""
    import pandas
    from evidently import Report
    from evidently.presets import DataDriftPreset

    result = Report([DataDriftPreset()]).run(pandas.read_csv(now), pandas.read_csv(before))
    counts = [metric["value"]["count"] for metric in result.dict()["metrics"] if "DriftedColumns" in str(metric)]
    return int(counts[0])


CONTENDERS: dict[str, Callable[..., int]] = {
    "duckdb": duckdb,
    "evidently": evidently,
    "great-expectations": great_expectations,
    "pandera": pandera,
    "pointblank": pointblank,
}

if __name__ == "__main__":
    print(CONTENDERS[sys.argv[1]](*sys.argv[2:]))
