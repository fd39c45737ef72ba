"""`[tool.ml-pipeline]`: a mistake is one sentence that names table, key and what is allowed."""

# ruff: noqa: E501 - a case a line

from __future__ import annotations

import re

import pytest

from ml_steps import metrics
from ml_steps.errors import SetupError
from ml_steps.project import Project, nearest, parse_project

NAMES = frozenset({"src", "pyproject.toml"})
RULE = '[[tool.ml-pipeline.gate]]\nid = "a"\nmetric = "accuracy"\n'


def parse(text: str) -> Project:
    return parse_project(text, NAMES)


def test_a_project_needs_no_configuration() -> None:
    for project in (parse_project(None, frozenset({"requirements.txt"})), parse(""), parse("[tool.other]\nx = 1\n")):
        config = project.config
        assert (config.code, config.tests, config.task) == (("src",), ("tests",), "classification")
        assert config.train.command == ("python", "-m", "src.train")
        assert config.train.epochs == 10
        assert config.evaluate.predictor == "src.predict:load"
        assert project.lint_tools() == ("ruff",)
        assert project.requires_python == ""


@pytest.mark.parametrize(
    ("text", "others", "tools"),
    [
        ("[tool.ruff]\nline-length = 9\n", {}, ("ruff",)),
        ("[tool.ruff.format]\n", {}, ("ruff", "ruff-format")),
        ("", {"ruff.toml": "[format]\n"}, ("ruff", "ruff-format")),
        ("", {".ruff.toml": "[format]\n"}, ("ruff", "ruff-format")),
        # Ruff reads one file: .ruff.toml, else ruff.toml, else pyproject.toml.
        ("[tool.ruff.format]\n", {"ruff.toml": ""}, ("ruff",)),
        ("", {".ruff.toml": "", "ruff.toml": "[format]\n"}, ("ruff",)),
        ("", {"ruff.toml": "format = = 1\n"}, ("ruff",)),
        ("[tool.mypy]\n", {}, ("ruff", "mypy")),
        ("", {"mypy.ini": ""}, ("ruff", "mypy")),
        ("", {".mypy.ini": ""}, ("ruff", "mypy")),
        ("", {"setup.cfg": "[mypy]\nstrict = True\n"}, ("ruff", "mypy")),
        ("", {"setup.cfg": "[flake8]\nmypy = 1\n"}, ("ruff",)),
        ("", {"setup.cfg": "no section\n"}, ("ruff",)),
        ('[tool.mypy]\n[tool.ml-pipeline.lint]\ntools = ["ruff-format"]\n', {"mypy.ini": ""}, ("ruff-format",)),
    ],
)
def test_which_linters_run(text: str, others: dict[str, str], tools: tuple[str, ...]) -> None:
    assert parse_project(text, NAMES | set(others), others).lint_tools() == tools


@pytest.mark.parametrize("names", [set(), {"b", "a"}])
def test_a_folder_that_is_no_project(names: set[str]) -> None:
    with pytest.raises(SetupError) as caught:
        parse_project(None, frozenset(names))
    assert str(caught.value).startswith("This folder is no project: it has none of pyproject.toml, ")
    assert "--source" in str(caught.value)


def test_toml_that_does_not_parse() -> None:
    with pytest.raises(SetupError, match=r"pyproject\.toml: not valid TOML: .*line 2.*; mend it there"):
        parse("[tool]\nx = = 1\n")


@pytest.mark.parametrize("name", ["ml_pipeline", "ML-Pipeline", "mlpipeline", "ml-pipelines"])
def test_a_misspelt_table_is_not_passed_over(name: str) -> None:
    with pytest.raises(SetupError, match=rf'\[tool\.{name}\] is not read; did you mean "tool\.ml-pipeline"'):
        parse(f"[tool.{name}]\ncode = ['lib']\n")
    assert parse("[tool.pipeline]\n[tool.mlflow]\n[tool.ml-pipeline]\ncode = ['lib']\n").config.code == ("lib",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[ml-pipeline.gate]]\nid = 'a'", '[ml-pipeline] is not read; did you mean "tool.ml-pipeline"?'),
        ("[ml_pipeline.data]\ntrain = 'a'", '[ml_pipeline] is not read; did you mean "tool.ml-pipeline"?'),
        ("[[gate]]\nid = 'a'", '[gate] is not read; did you mean "tool.ml-pipeline.gate"?'),
        ("[Image]\nport = 1", '[Image] is not read; did you mean "tool.ml-pipeline.image"?'),
        ("[evaluate]\ntarget = 'a'", '[evaluate] is not read; did you mean "tool.ml-pipeline.evaluate"?'),
    ],
)
def test_settings_outside_of_tool_are_refused(text: str, said: str) -> None:
    with pytest.raises(SetupError) as caught:
        parse_project(text, frozenset({"pyproject.toml"}))
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["tool = 3\n", "project = []\n", '[tool]\nruff = "x"\n'])
def test_what_others_get_wrong_is_theirs_to_say(text: str) -> None:
    assert parse(text).config.code == ("src",)


FAIR = RULE.replace("accuracy", "selection_rate_ratio[1]")
CLAIM = 'claim = "shown_better"\nmargin = 0\n'

WRONG = {
    # Unknown keys, with the nearest valid one.
    "[tool.ml-pipeline]\ncodes = ['src']\n": '[tool.ml-pipeline] has no key "codes"; did you mean "code"? valid keys: code, tests, ',
    "[tool.ml-pipeline.train]\nepoch = 3\n": '[tool.ml-pipeline.train] has no key "epoch"; did you mean "epochs"? valid keys: command, ',
    "[tool.ml-pipeline.train.smoke]\nrow = 3\n": '[tool.ml-pipeline.train.smoke] has no key "row"; did you mean "rows"? valid keys: epochs, rows.',
    "[tool.ml-pipeline.dependencies.serve]\nextra = ['x']\n": '[tool.ml-pipeline.dependencies.serve] has no key "extra"; did you mean "extras"?',
    "[tool.ml-pipeline.zzz]\n": '[tool.ml-pipeline] has no key "zzz"; valid keys: code, ',
    RULE + "min = 1\nminn = 2\n": '[[tool.ml-pipeline.gate]] number 1 ("a") has no key "minn"; did you mean "min"?',
    RULE
    + "min = 1\n"
    + RULE.replace('"a"', '"b"')
    + "minimum = 2\n": '[[tool.ml-pipeline.gate]] number 2 ("b") has no key "minimum"',
    # Values.
    "[tool]\nml-pipeline = 3\n": "[tool.ml-pipeline]: input should be a valid dictionary",
    "[tool.ml-pipeline]\ntask = 'ranking'\n": "[tool.ml-pipeline] task = 'ranking': input should be 'classification' or 'regression'",
    "[tool.ml-pipeline]\ncode = 'src'\n": "[tool.ml-pipeline] code = 'src': input should be a list",
    "[tool.ml-pipeline]\ncode = ['src', 3]\n": "[tool.ml-pipeline] code[1] = 3: input should be a valid string",
    "[tool.ml-pipeline]\ncode = []\n": "[tool.ml-pipeline] code = []: the list should have at least 1 item",
    "[tool.ml-pipeline]\ntests = []\n": "[tool.ml-pipeline] tests = []: the list should have at least 1 item",
    "[tool.ml-pipeline]\ncode = ['../lib']\n": "code[0] = '../lib': must be the name of a file or folder inside the project",
    "[tool.ml-pipeline]\ncode = ['/lib']\n": "code[0] = '/lib': must be the name of a file or folder inside the project",
    "[tool.ml-pipeline]\ncode = ['']\n": "code[0] = '': must be the name of a file or folder inside the project",
    "[tool.ml-pipeline]\ntests = ['.']\n": "tests[0] = '.': must be the name of a file or folder inside the project",
    "[tool.ml-pipeline.data]\ncontract = '/etc/x'\n": "[tool.ml-pipeline.data] contract = '/etc/x': must be the name",
    "[tool.ml-pipeline.dependencies.dev]\nrequirements = ['../r.txt']\n": "[tool.ml-pipeline.dependencies.dev] requirements[0] = '../r.txt': must be",
    "[tool.ml-pipeline.dependencies.dev]\nrequirements = ['r.txt']\ngroups = ['x']\n": "[tool.ml-pipeline.dependencies.dev]: requirements and groups or extras exclude each other",
    "[tool.ml-pipeline.lint]\ntools = []\n": "[tool.ml-pipeline.lint] tools = []: the list should have at least 1 item",
    "[tool.ml-pipeline.lint]\ntools = ['rust']\n": "[tool.ml-pipeline.lint] tools[0] = 'rust': input should be 'ruff', 'ruff-format' or 'mypy'",
    "[tool.ml-pipeline]\nlint = 3\n": "[tool.ml-pipeline] lint = 3: input should be a valid dictionary",
    "[tool.ml-pipeline.train]\nepochs = 'x'\n": "[tool.ml-pipeline.train] epochs = 'x': must be a number of 1 or more",
    "[tool.ml-pipeline.train]\nepochs = 0\n": "[tool.ml-pipeline.train] epochs = 0: must be a number of 1 or more, or false",
    "[tool.ml-pipeline.train]\nepochs = true\n": "[tool.ml-pipeline.train] epochs = True: must be a number of 1 or more",
    "[tool.ml-pipeline.train]\ncommand = []\n": "[tool.ml-pipeline.train] command = []: the list should have at least 1 item",
    "[tool.ml-pipeline.train]\ntimeout = 0\n": "[tool.ml-pipeline.train] timeout = 0: input should be greater than 0",
    "[tool.ml-pipeline.train]\ntimeout = inf\n": "[tool.ml-pipeline.train] timeout = inf: input should be a finite number",
    "[tool.ml-pipeline.train.smoke]\nrows = 0\n": "[tool.ml-pipeline.train.smoke] rows = 0: input should be greater than or equal to 1",
    "[tool.ml-pipeline.evaluate]\npredictor = 'src.predict'\n": "[tool.ml-pipeline.evaluate] predictor = 'src.predict': string should match",
    "[tool.ml-pipeline.image]\nport = 99999\n": "[tool.ml-pipeline.image] port = 99999: input should be less than or equal to 65535",
    "[tool.ml-pipeline.image]\nenv = {PORT = '80'}\n": "[tool.ml-pipeline.image] env: names PORT, which the image sets itself; drop it",
    "[tool.ml-pipeline.image]\nenv = {'A-B' = '80'}\n": "[tool.ml-pipeline.image] env",
    "[tool.ml-pipeline.image]\nenv = {A = 80}\n": "[tool.ml-pipeline.image] env",
    "[tool.ml-pipeline.dependencies]\nsystem = ['-o=Dir::Etc=x']\n": "system[0] = '-o=Dir::Etc=x': string should match",
    "[tool.ml-pipeline.image]\nhealth = 'health'\n": "[tool.ml-pipeline.image] health = 'health': string should match",
    # Gate rules.
    "[tool.ml-pipeline.gate]\nid = 'a'\n": "[tool.ml-pipeline] gate is one table; expected [[tool.ml-pipeline.gate]], in two",
    "[tool.ml-pipeline.evaluate]\ntarget = 'y'\nprotected = ['a', 'y']\n": 'protected names "y", the target, which no predictor sees; drop it; mend it there.',
    "[[tool.ml-pipeline.gate]]\nmin = 1\n": "[[tool.ml-pipeline.gate]] number 1 id: field required",
    "[[tool.ml-pipeline.gate]]\nid = ''\n": "[[tool.ml-pipeline.gate]] number 1 id = '': string should have",
    "[[tool.ml-pipeline.gate]]\nid = 3\n": "[[tool.ml-pipeline.gate]] number 1 id = 3: input should be a valid string",
    "[tool.ml-pipeline]\ngate = [3]\n": "[[tool.ml-pipeline.gate]] number 1: input should be a valid dictionary",
    RULE: '[[tool.ml-pipeline.gate]] number 1 ("a"): needs either min/max or claim',
    RULE + 'min = 1\nclaim = "shown_better"\nmargin = 0\n': "has both min and claim; keep one of them; mend it there.",
    RULE + "min = 0\nmax = 1\n" + CLAIM: "has both min and max and claim; keep one of them",
    RULE + 'claim = "shown_better"\n': "claim and margin go together",
    RULE + "min = 1\nmargin = 0.1\n": "claim and margin go together",
    RULE + "min = 0.9\nmax = 0.1\n": "min = 0.9 is above max = 0.1",
    # A bound that no bad model breaks.
    RULE.replace("accuracy", "log_loss")
    + "min = 0.3\n": '[[tool.ml-pipeline.gate]] number 1 ("a"): log_loss is better the lower it is, so that min = 0.3 alone lets every worse model pass; expected max, or both for a band; mend it there.',
    RULE
    + "max = 0.99\n": "accuracy is better the higher it is, so that max = 0.99 alone lets every worse model pass; expected min, or both for a band",
    RULE.replace("accuracy", "f1[1]") + "max = 0\n": "f1[1] is better the higher it is",
    # Bounds that every model keeps, or none.
    RULE + "min = 0\n": "accuracy lies between 0 and 1, so that every model passes; expected a bound within; mend",
    RULE + "min = 0\nmax = 1\n": "so that every model passes",
    RULE.replace("accuracy", "ece") + "max = 1\n": "ece lies between 0 and 1, so that every model passes",
    RULE.replace("accuracy", "brier") + "max = 2\n": "brier lies between 0 and 2, so that every model passes",
    RULE.replace("accuracy", "brier") + "max = 3\n": "max = 3: brier lies between 0 and 2;",
    RULE.replace("accuracy", "log_loss") + "max = -1\n": "max = -1: log_loss lies at 0 or above;",
    RULE.replace("accuracy", "predicted_classes")
    + "min = 1\n": "predicted_classes lies at 1 or above, so that every model passes",
    RULE.replace("accuracy", "r2").replace("[[", "[tool.ml-pipeline]\ntask = 'regression'\n[[")
    + "min = 1.5\n": "min = 1.5: r2 lies at 1 or below;",
    RULE + "min = 65\n": "min = 65: accuracy lies between 0 and 1; expected 0.65 for 65 %",
    RULE + "min = -0.1\n": "min = -0.1: accuracy lies between 0 and 1",
    RULE
    + 'claim = "not_shown_worse"\nmargin = 1\n': 'margin = 1.0: accuracy lies between 0 and 1, so that it could drop to nothing; expected less than 1, or than "100%": one point is 0.01; mend',
    RULE + 'claim = "shown_not_worse"\nmargin = "100%"\n': "margin = '100%': accuracy lies between 0 and 1",
    RULE + "min = true\n": '[[tool.ml-pipeline.gate]] number 1 ("a") min = True: input should be a valid number',
    RULE + 'min = "0.65"\n': "min = '0.65': input should be a valid number",
    RULE + "min = nan\n": '[[tool.ml-pipeline.gate]] number 1 ("a") min = nan: input should be a finite number',
    RULE + "max = inf\n": '[[tool.ml-pipeline.gate]] number 1 ("a") max = inf: input should be a finite number',
    RULE
    + 'claim = "better"\nmargin = 0\n': "[[tool.ml-pipeline.gate]] number 1 (\"a\") claim = 'better': input should be 'not_shown_worse', ",
    RULE + 'claim = "shown_better"\nmargin = -1\n': "margin = -1.0 must be a number of 0 or more",
    RULE + 'claim = "shown_better"\nmargin = "-1%"\n': "margin = '-1%' must be a number of 0 or more",
    RULE + 'claim = "shown_better"\nmargin = "inf%"\n': "margin = 'inf%' must be",
    RULE + 'claim = "shown_better"\nmargin = "2"\n': "margin = '2' must be",
    RULE + 'claim = "shown_better"\nmargin = "two%"\n': "margin = 'two%' must be",
    RULE
    + 'claim = "shown_better"\nmargin = [1]\n': '[[tool.ml-pipeline.gate]] number 1 ("a") margin = [1]: input should be a valid',
    RULE
    + 'min = 1\nslice = "web"\n': '[[tool.ml-pipeline.gate]] number 1 ("a") slice = \'web\': must be "COLUMN=VALUE", or "COLUMN=*" for every value; mend it',
    RULE + "min = 1\nmin_rows = 0\n": '[[tool.ml-pipeline.gate]] number 1 ("a") min_rows = 0: input should be greater',
    # Names of rules, which are checked before anything runs.
    RULE.replace("accuracy", "f1_marco")
    + "min = 1\n": '[[tool.ml-pipeline.gate]] number 1 ("a") metric = "f1_marco": a classification has no such metric; did you mean "f1_macro"? mend it there.',
    RULE
    + "min = 1\n"
    + RULE.replace('"a"', '"b"').replace("accuracy", "recal[0]")
    + "min = 1\n": '[[tool.ml-pipeline.gate]] number 2 ("b") metric = "recal[0]": a classification has no such metric; did you mean "recall[c]"?',
    RULE.replace("accuracy", "recall")
    + "min = 1\n": 'metric = "recall": a classification has no such metric; did you mean "recall[c]"?',
    RULE.replace("accuracy", "recall[]") + "min = 1\n": 'metric = "recall[]": a classification has no such metric',
    RULE
    + "min = 1\n[tool.ml-pipeline]\ntask = 'regression'\n": 'metric = "accuracy": a regression has no such metric; metrics: mae, rmse, r2, ',
    RULE
    + 'min = 1\nslice = "source=web"\n[tool.ml-pipeline.evaluate]\nslices = ["sources"]\n': '[[tool.ml-pipeline.gate]] number 1 ("a") slice = "source=web": [tool.ml-pipeline.evaluate] slices does not name the column "source"; did you mean "sources"? columns there: sources.',
    RULE + 'min = 1\nslice = "source=web"\n': 'does not name the column "source"; add slices = ["source"] there.',
    RULE.replace("accuracy", "load_p50_ms")
    + 'max = 1\nslice = "source=web"\n': '[[tool.ml-pipeline.gate]] number 1 ("a"): load_p50_ms is taken once and has no slices; drop slice',
    RULE.replace("accuracy", "predicted_classes")
    + 'claim = "shown_better"\nmargin = 1\n': '[[tool.ml-pipeline.gate]] number 1 ("a"): predicted_classes has no paired bounds, so that nothing can be claimed of it; use min or max',
    RULE.replace("accuracy", "failed_cases")
    + 'max = 1\nslice = "source=web"\n': "failed_cases is taken once and has no slices; drop slice",
    RULE.replace("accuracy", "ece")
    + 'claim = "not_shown_worse"\nmargin = 1\n': "ece has no paired bounds, so that nothing can be claimed of it; use min or max",
    RULE.replace("accuracy", "failed_cases")
    + 'claim = "not_shown_worse"\nmargin = 1\n': "failed_cases has no paired bounds",
    RULE.replace("accuracy", "latency_p50_ratio")
    + 'claim = "not_shown_worse"\nmargin = 1\n': "latency_p50_ratio has no paired bounds",
    # Families, fairness and groups.
    RULE
    + 'min = 1\nslice = "sources=*"\n[tool.ml-pipeline.evaluate]\nslices = ["source"]\nprotected = ["sources"]\n': '[tool.ml-pipeline.evaluate] slices does not name the column "sources"; did you mean "source"? columns there: source.',
    RULE + 'min = 1\nslice = "source="\n': "slice = 'source=': must be",
    RULE + 'min = 1\nslice = "=web"\n': "slice = '=web': must be",
    FAIR + "min = 0.8\n": 'selection_rate_ratio[1] compares all groups of a column; give slice = "COLUMN=*"',
    FAIR + 'min = 0.8\nslice = "sex=f"\n': 'give slice = "COLUMN=*"',
    FAIR + 'claim = "shown_better"\nmargin = 0\nslice = "sex=*"\n': "selection_rate_ratio[1] has no paired bounds",
    FAIR + 'min = 0.8\nslice = "sex=*"\n': 'protected does not name the column "sex"; add protected = ["sex"] there.',
    FAIR
    + 'min = 0.8\nslice = "sexe=*"\n[tool.ml-pipeline.evaluate]\nslices = ["sexe"]\nprotected = ["sex"]\n': 'protected does not name the column "sexe"; did you mean "sex"? columns there: sex.',
    FAIR.replace("[1]", "")
    + 'min = 0.8\nslice = "sex=*"\n': 'metric = "selection_rate_ratio": a classification has no such metric; did you mean "selection_rate_ratio[c]"?',
    FAIR
    + 'min = 0.8\nslice = "sex=*"\n[tool.ml-pipeline]\ntask = "regression"\n': 'metric = "selection_rate_ratio[1]": a regression has no such metric',
    RULE
    + 'min = 1\ngroup = "user_id"\n': "group says what is resampled together for a claim; drop it, or state a claim",
    RULE
    + CLAIM
    + 'group = ""\n': "[[tool.ml-pipeline.gate]] number 1 (\"a\") group = '': string should have at least 1",
    RULE
    + CLAIM
    + 'group = "label"\n': 'number 1 ("a") group = "label": rows of one label are no group; name a column such as',
    RULE
    + CLAIM
    + 'group = "source"\nslice = "source=*"\n[tool.ml-pipeline.evaluate]\nslices = ["source"]\n': 'group = "source": rows of one source are no group',
    "[tool.ml-pipeline.decision]\nfailfast = true\n": '[tool.ml-pipeline.decision] has no key "failfast"; did you mean "fail_fast"?',
    "[tool.ml-pipeline.decision]\nfail_fast = 3\n": "[tool.ml-pipeline.decision] fail_fast = 3: input should be a valid boolean",
    RULE.replace('"a"', '"rules"')
    + "min = 1\n": "[tool.ml-pipeline]: gate: the id 'rules' is that of a check of every gate",
    RULE + "min = 1\n" + RULE + "min = 0.9\n": "[tool.ml-pipeline]: gate: the id 'a' is used by more than one rule",
}


@pytest.mark.parametrize(("text", "said"), WRONG.items())
def test_a_wrong_configuration(text: str, said: str) -> None:
    with pytest.raises(SetupError) as caught:
        parse(text)
    sentence = str(caught.value)
    assert sentence.startswith("pyproject.toml: ")
    assert said in sentence
    assert "\n" not in sentence
    assert not re.search(r"pydantic|tuple|literal\[|\.\.$|: :| {2}", sentence)
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("margin", "value"), [("0", (0.0, False)), ("0.01", (0.01, False)), ('"2%"', (0.02, True)), ('"0%"', (0.0, True))]
)
def test_margins(margin: str, value: tuple[float, bool]) -> None:
    [rule] = parse(RULE + f'claim = "shown_better"\nmargin = {margin}\n').config.gate
    assert rule.margin_value() == value


def test_good_settings_that_are_near_a_mistake() -> None:
    text = (
        '[tool.ml-pipeline.data]\ndirectory = "."\n[tool.ml-pipeline.train]\nepochs = false\n'
        + RULE
        + "min = 1\nmax = 1\n"
    )
    config = parse(text).config
    assert config.data.directory == "."
    assert config.train.epochs is False
    assert config.gate[0].min == config.gate[0].max == 1
    assert config.gate[0].margin_value() == (0.0, False)


def test_each_metric_is_guarded_at_the_end_where_it_is_worse() -> None:
    every = {*metrics.OF_TASK["classification"], *metrics.OF_TASK["regression"], *metrics.BY_CLASS}
    assert set(metrics.MEANING) == every - {*metrics.BY_CLASS}
    neither = {name for name in every if metrics.guarding_bound(name) is None}
    assert neither == {"majority_accuracy", "random_accuracy", "predicted_classes"}
    assert {name for name in every - neither if metrics.guarding_bound(f"{name}[1]") == "min"} == {
        "accuracy", "f1_macro", "precision", "recall", "f1", "r2", "selection_rate_ratio",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "bounds"),
    [
        ("accuracy", "min = 0.7\nmax = 0.99\n"),
        ("accuracy", 'max = 0.99\nseverity = "advisory"\n'),
        ("mae", "min = 0.1\nmax = 2\n"),
        ("predicted_classes", "max = 3\n"),
    ],
)
def test_bands_alarms_and_bounds_of_what_is_better_at_neither_end(name: str, bounds: str) -> None:
    task = 'task = "regression"\n' if name == "mae" else ""
    [rule] = parse(f"[tool.ml-pipeline]\n{task}{RULE.replace('accuracy', name)}{bounds}").config.gate
    assert rule.max is not None


def test_rules_on_families_fairness_and_groups() -> None:
    settings = '[tool.ml-pipeline.evaluate]\nslices = ["source"]\nprotected = ["sex"]\n'
    rules = (
        RULE + CLAIM + 'slice = "source=*"\ngroup = "user_id"\n',
        FAIR.replace('"a"', '"b"') + 'min = 0.8\nslice = "sex=*"\n',
    )
    family, fair = parse(settings + "".join(rules)).config.gate
    assert (family.fairness, family.slice, family.group) == (False, "source=*", "user_id")
    assert (fair.fairness, fair.slice) == (True, "sex=*")


@pytest.mark.parametrize(
    ("text", "fail_fast"), [("", False), ("[tool.ml-pipeline.decision]\nfail_fast = true\n", True)]
)
def test_how_the_gate_decides(text: str, *, fail_fast: bool) -> None:
    assert parse(text).config.decision.fail_fast is fail_fast


def test_requires_python_is_read() -> None:
    assert parse('[project]\nrequires-python = ">=3.11"\n').requires_python == ">=3.11"


@pytest.mark.parametrize(
    ("text", "names", "contract"),
    [
        ("", {"pyproject.toml", "contract.yaml"}, "contract.yaml"),
        ("", {"pyproject.toml"}, None),
        ('[tool.ml-pipeline.data]\ncontract = "other.yaml"', {"pyproject.toml", "contract.yaml"}, "other.yaml"),
    ],
)
def test_a_contract_of_the_usual_name_is_not_passed_over(text: str, names: set[str], contract: str | None) -> None:
    assert parse_project(text, frozenset(names)).config.data.contract == contract


def test_the_nearest_name_may_differ_in_case_alone() -> None:
    assert nearest("mq", ["MZ", "MQ"]) == 'did you mean "MQ"? '
