"""`score` and `measure`: a predictor that breaks its contract ends in one sentence and leaves no predictions."""

# ruff: noqa: E501 - a case a line

from __future__ import annotations

import hashlib
import json

import pytest

from .shims import PREDICT, Shim


def predicting(body: str) -> str:
    """Return a predictor whose predict has this body."""
    return f"import json, math, os, signal, sys, time\n\ndef load(model_dir):\n    def predict(rows):\n        {body}\n    return predict\n"


def test_a_good_predictor_leaves_a_line_a_row_in_order(shim: Shim) -> None:
    ran = shim.predictor("score", PREDICT)
    assert (ran.exit_code, ran.stderr) == (0, "")
    lines = [json.loads(line) for line in (ran.out / "predictions.jsonl").read_text().splitlines()]
    assert lines == [{"row": row, "prediction": row % 2} for row in range(5)]
    record = ran.record("scoring.json")
    assert record["rows"] == 5
    assert record["peak_rss_bytes"] > 1_000_000
    assert ran.left() == {"predictions.jsonl", "scoring.json"}


def test_rows_come_in_batches_and_are_numbered_through(shim: Shim) -> None:
    shim.write({"src/predict.py": "def load(m):\n    return lambda rows: [min(len(rows), 256)] * len(rows)\n"})
    manifest = shim.manifest(classes=None)
    ran = shim.run("score", "--manifest", str(manifest), "--rows", str(shim.rows(600)))
    lines = [json.loads(line) for line in (ran.out / "predictions.jsonl").read_text().splitlines()]
    assert [line["row"] for line in lines] == list(range(600))
    assert {line["prediction"] for line in lines} == {256, 600 - 512}


def test_a_predictor_that_empties_its_list_answered_all_the_same(shim: Shim) -> None:
    body = "said = [0] * len(rows); rows.clear(); return said"
    assert shim.predictor("score", predicting(body), "--alone").record("scoring.json")["rows"] == 5
    assert shim.predictor("measure", predicting(body)).exit_code == 0


def test_probabilities_are_kept(shim: Shim) -> None:
    answer = predicting('return [{"label": 1, "probabilities": (0.25, 0.75)}] * len(rows)')
    ran = shim.predictor("score", answer)
    first = json.loads((ran.out / "predictions.jsonl").read_text().splitlines()[0])
    assert first == {"row": 0, "prediction": 1, "probabilities": [0.25, 0.75]}


def test_the_digest_is_that_of_the_code_that_ran(shim: Shim) -> None:
    shim.write({"src/words.txt": "a"})
    first = shim.predictor("score", PREDICT).record("scoring.json")["code_digest"]
    assert shim.predictor("score", PREDICT).record("scoring.json")["code_digest"] == first  # compiled files are none
    files = {name: (shim.project / name).read_bytes() for name in ("src/predict.py", "src/words.txt")}
    lines = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in files)
    assert first == "sha256:" + hashlib.sha256(lines.encode()).hexdigest()
    shim.write({"src/words.txt": "b"})
    assert shim.predictor("score", PREDICT).record("scoring.json")["code_digest"] != first


def asked(shim: Shim, *texts: str) -> None:
    """Put behavioural cases beside the rows."""
    path = shim.project.parent / "case-rows.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")


def test_cases_beside_the_rows_are_answered_each_alone(shim: Shim) -> None:
    asked(shim, "a", "", "aa")
    body = "return [len(rows)] if rows[0]['text'] else 1 / 0 if len(rows) == 1 else [0] * len(rows)"
    ran = shim.predictor("score", predicting(body))
    assert (ran.exit_code, ran.stderr) == (0, "")
    first, second, third = map(json.loads, (ran.out / "case-predictions.jsonl").read_text().splitlines())
    assert (first, third) == ({"row": 0, "prediction": 1}, {"row": 2, "prediction": 1})
    assert second["row"] == 1
    assert "predicting rows 1 to 1 raised ZeroDivisionError" in second["error"]
    assert ran.left() == {"predictions.jsonl", "scoring.json", "case-predictions.jsonl"}
    assert ran.record("scoring.json")["rows"] == 5


def test_a_case_that_ends_the_process_fails_and_leaves_nothing(shim: Shim) -> None:
    asked(shim, "a")
    assert "case-predictions.jsonl" in shim.predictor("score", PREDICT).left()
    ran = shim.predictor("score", predicting("os._exit(0) if len(rows) == 1 else 0; return [0] * len(rows)"))
    assert ran.exit_code == 10
    assert "exited 0 before it was done" in ran.sentence()
    assert ran.left() == set()


BROKEN = {
    "raises": ('raise RuntimeError("no\\nluck")', "rows 0 to 4 raised RuntimeError: no luck at src/predict.py:"),
    "lacks a shared library": ("import ctypes; ctypes.CDLL('libnowhere.so.3')", "expected predictions; name Debian's package of it (libnowhere3) with system in"),
    "unpickles a class of the training program": ("import pickle; pickle.loads(b'c__main__\\nModel\\n.')", "expected predictions; let training import them from a module."),
    "raises in a library": ("return json.loads('{')", "(char 1) at src/predict.py:"),
    "exits": ("sys.exit(0)", "raised SystemExit: 0"),
    "leaves the process": ("os._exit(0)", "exited 0 before it was done"),
    "leaves the process with a code of ours": ("os._exit(11)", "exited 11 before it was done"),
    "too few": ("return [0]", "1 predictions for the 5 rows 0 to 4"),
    "nothing": ("return None", "raised TypeError"),
    "answers by row in a dict": ("return {row: 0 for row in range(len(rows))}", "predict returned dict for rows 0 to 4; expected a list"),
    "empty": ("return []", "0 predictions for the 5 rows 0 to 4"),
    "NaN in one row": ("return [0, 1, math.nan, 0, 1]", "row 2: predicted nan; expected a finite number"),
    "a row that does not sum to 1": ('return [{"label": 0, "probabilities": [0.5, 0.5 if row["text"] else 0.4]} for row in rows]', "row 0: probabilities [0.5, 0.4]; expected 2 finite numbers that sum to 1"),
    "unknown label": ("return [0, 1, 0, 7, 1]", "row 3: predicted 7; expected one of [0, 1]"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_predictor_fails(shim: Shim, body: str, said: str) -> None:
    ran = shim.predictor("score", predicting(body))
    assert ran.exit_code == 10
    assert said in ran.sentence()
    assert "expected" in ran.sentence()
    assert ran.left() == set()


@pytest.mark.parametrize(
    ("files", "predictor", "exit_code", "said"),
    [
        ({}, "src.predict:load", 11, "there is no module src in the code of the project; "),
        ({"src/other.py": ""}, "src.predict:load", 11, "there is no module src.predict in the code of the project; "),
        ({"src/predict.py": ""}, "src.predict:load", 11, "src.predict has no function load; expected load(model_dir)"),
        ({"src/predict.py": "load = 3\n"}, "src.predict:load", 11, "src.predict has no function load"),
        ({"src/predict.py": "import nowhere\n"}, "src.predict:load", 10, "raised ModuleNotFoundError: No module named 'nowhere' at src/predict.py:1; "),
        ({"src/predict.py": "x = 1\nraise KeyError('a')\n"}, "src.predict:load", 10, "predict.py:2; expected"),
        ({"src/predict.py": "def load(:\n"}, "src.predict:load", 10, "importing it raised SyntaxError"),
        ({"src/predict.py": "import sys\nsys.exit(0)\n"}, "src.predict:load", 10, "importing it raised SystemExit"),
        ({"src/predict.py": "def load(m):\n    raise OSError('gone')\n"}, "src.predict:load", 10, "load(model_dir) raised OSError: gone at src/predict.py:2; "),
        ({"src/predict.py": "def load(m):\n    return 3\n"}, "src.predict:load", 10, "load returned int; expected a function"),
    ],
)  # fmt: skip
def test_an_entry_point_that_cannot_be_used(
    shim: Shim, files: dict[str, str], predictor: str, exit_code: int, said: str
) -> None:
    shim.write(files)
    ran = shim.predictor("score", None, predictor=predictor)
    assert ran.exit_code == exit_code
    assert f'predictor "{predictor}": ' in ran.sentence()
    assert said in ran.sentence()
    assert ran.left() == set()


def test_a_module_of_the_project_is_not_shadowed_by_ours(shim: Shim) -> None:
    shim.write({"score.py": PREDICT, "process.py": "raise RuntimeError('mine')\n"})
    assert shim.predictor("score", None, predictor="score:load").exit_code == 0


@pytest.mark.parametrize("command", ["score", "measure"])
def test_a_hanging_predictor_is_stopped_at_its_time_limit(shim: Shim, command: str) -> None:
    ran = shim.predictor(command, predicting("time.sleep(60)"), "--timeout", "0.7")
    assert ran.exit_code == 10
    assert f"{command}: the predictor was still running after 0.7 s" in ran.sentence()
    assert "timeout in [tool.ml-pipeline.evaluate]" in ran.sentence()
    assert ran.left() == set()


@pytest.mark.parametrize("command", ["score", "measure"])
def test_a_killed_predictor_is_no_verdict(shim: Shim, command: str) -> None:
    ran = shim.predictor(command, predicting("os.kill(os.getpid(), signal.SIGKILL)"))
    assert ran.exit_code == 12
    assert f"{command}: the predictor's process was killed by SIGKILL" in ran.sentence()
    assert ran.left() == set()


def test_what_a_predictor_forks_dies_of_sigterm_as_elsewhere(shim: Shim) -> None:
    """A handler of ours that it inherits would make it raise, and never where it is in a library's code."""
    body = "if not (child := os.fork()): time.sleep(60)\n"
    body += " " * 8 + "os.kill(child, signal.SIGTERM)\n"
    body += " " * 8 + "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM\n"
    ran = shim.predictor("score", predicting(body + " " * 8 + "return [0 for row in rows]"))
    assert (ran.exit_code, ran.stderr) == (0, "")


def test_a_failure_leaves_nothing_of_an_earlier_run(shim: Shim) -> None:
    assert shim.predictor("score", PREDICT).left() == {"predictions.jsonl", "scoring.json"}
    assert shim.predictor("score", predicting("return [7] * len(rows)")).left() == set()


def test_what_the_predictor_prints_hides_no_sentence(shim: Shim) -> None:
    ran = shim.predictor("score", predicting('print("loading…", end=""); return [7] * len(rows)'))
    assert ran.exit_code == 10
    assert "predicted 7" in ran.sentence()
    assert "loading…" in ran.stdout


def test_measure_times_loading_rows_and_batches(shim: Shim) -> None:
    ran = shim.predictor("measure", PREDICT)
    assert ran.exit_code == 0
    record = ran.record("timings.json")
    for name in ("load_ms", "single_ms", "batch_ms_per_row"):
        assert 0 < record[name]["p50"] <= record[name]["p95"] <= record[name]["p99"]
    assert record["single_ms"]["count"] == 200
    assert record["load_ms"]["count"] == 5
    assert record["quiet_ratio"] >= 1
    assert ran.left() == {"timings.json"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return [0] * len(rows) if len(rows) > 1 else 1 / 0", "predicting 1 rows raised ZeroDivisionError"),
        ("sys.exit(0)", "raised SystemExit"),
        ("os._exit(0)", "exited 0 before it was done"),
    ],
)
def test_measure_says_what_the_predictor_raised(shim: Shim, body: str, said: str) -> None:
    ran = shim.predictor("measure", predicting(body))
    assert ran.exit_code == 10
    assert said in ran.sentence()
    assert ran.left() == set()


def test_commands_of_one_call_stop_at_the_first_that_fails(shim: Shim) -> None:
    shim.write({"src/predict.py": predicting("return [7] * len(rows)")})
    files = ["--manifest", str(shim.manifest()), "--rows", str(shim.rows())]
    ran = shim.run("score", *files, "--ml-pipeline-next", "measure", *files, "--out", str(shim.out))
    assert ran.exit_code == 10
    assert "predicted 7" in ran.sentence()
    assert ran.left() == set()
    shim.write({"src/predict.py": PREDICT})
    ran = shim.run("score", *files, "--ml-pipeline-next", "measure", *files, "--out", str(shim.out))
    assert ran.exit_code == 0
    assert ran.left() == {"predictions.jsonl", "scoring.json", "timings.json"}


@pytest.mark.parametrize("command", ["score", "measure"])
def test_no_rows_are_no_score(shim: Shim, command: str) -> None:
    shim.write({"src/predict.py": PREDICT})
    ran = shim.run(command, "--manifest", str(shim.manifest()), "--rows", str(shim.rows(0)))
    assert ran.exit_code == 11
    assert "rows.jsonl: there are no rows" in ran.sentence()
    assert ran.left() == set()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "model.json is missing; expected an image built by build_image"),
        ("{", "model.json is not JSON"),
        ("[]", "has protocol 'list'; this module speaks 1"),
        ('{"protocol": 2}', "has protocol 2; this module speaks 1"),
    ],
)
def test_a_manifest_that_cannot_be_used(shim: Shim, text: str | None, said: str) -> None:
    manifest = shim.manifest()
    manifest.unlink()
    if text is not None:
        manifest.write_text(text)
    ran = shim.run("score", "--manifest", str(manifest), "--rows", str(shim.rows()))
    assert ran.exit_code == 11
    assert said in ran.sentence()


def test_what_nobody_thought_of_is_one_sentence_too(shim: Shim) -> None:
    ran = shim.predictor("score", PREDICT, workdir=str(shim.project / "gone"))
    assert ran.exit_code == 12
    assert "internal error: FileNotFoundError" in ran.sentence()
    assert ran.left() == set()


def test_a_larger_model_has_a_larger_peak(shim: Shim) -> None:
    peaks = [
        shim.predictor("score", f"held = b'x' * {size}\n{PREDICT}").record("scoring.json")["peak_rss_bytes"]
        for size in (1, 200_000_000)
    ]
    assert peaks[1] - peaks[0] > 150_000_000


def test_a_child_that_was_waited_for_has_a_peak_too(shim: Shim) -> None:
    program = "held = b'x' * 200_000_000"
    ran = shim.predictor(
        "score",
        predicting(f"import subprocess; subprocess.run([sys.executable, '-c', {program!r}]); return [0] * len(rows)"),
    )
    assert ran.exit_code == 0
    assert ran.record("scoring.json")["peak_rss_bytes"] > 200_000_000


@pytest.mark.parametrize("command", ["score", "measure"])
def test_what_ships_is_judged_with_the_hashes_it_will_have(shim: Shim, command: str) -> None:
    """Those of training are fixed: a predictor whose answers hang on them would be right here and wrong everywhere else."""
    ran = shim.predictor(command, "import os\nassert 'PYTHONHASHSEED' not in os.environ\n" + PREDICT)
    assert ran.exit_code == 0, ran.stderr
