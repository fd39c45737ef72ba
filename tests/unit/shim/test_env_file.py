"""The env file's values reach the project's commands and nothing that is shown or kept."""

# ruff: noqa: E501 - a case a line

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus
from xml.etree import ElementTree

import pytest

from ml_steps.shim import environment, record

from .shims import Ran, Shim

TOKEN = 'hf_<"ä&\\x>_8431'  # noqa: S105 - what Python, JSON, XML and URLs escape
"""A value that no log, record or report may hold, in any way of writing it."""


@pytest.fixture
def pointer(tmp_path: Path) -> dict[str, str]:
    """Return the variable that names an env file with the token in it."""
    path = tmp_path / "env"
    path.write_text(f"# a comment\nexport HF_TOKEN={TOKEN}\nLEVEL='1'\n", encoding="utf-8")
    return {environment.POINTER: str(path)}


def nowhere(ran: Ran) -> None:
    """Fail where the middle of the token stands, which no escaping changes."""
    for text in (ran.stdout, ran.stderr, *(path.read_text() for path in ran.out.rglob("*") if path.is_file())):
        assert "8431" not in text


def test_training_is_given_it_and_shows_it_nowhere(shim: Shim, pointer: dict[str, str]) -> None:
    shim.write(
        {
            "train.py": (
                "import os, pathlib, sys\nassert os.environ['LEVEL'] == '1'\ntoken = os.environ['HF_TOKEN']\n"
                f"assert token == {TOKEN!r}\nassert {environment.POINTER!r} not in os.environ\n"
                "print('token', token, repr(token))\nprint(token, file=sys.stderr)\n"
                "(pathlib.Path(sys.argv[1]) / 'w').write_text('x')\n"
            )
        }
    )
    ran = shim.run("train", "--", "python", "train.py", str(shim.out / "model"), variables=pointer)
    assert ran.exit_code == 0
    assert ran.record("collected.json")["tail"] == ["token [HF_TOKEN] '[HF_TOKEN]'", "[HF_TOKEN]"]
    nowhere(ran)


def test_a_failure_does_not_tell_it_either(shim: Shim, pointer: dict[str, str]) -> None:
    shim.write({"train.py": "import os\nraise SystemExit('denied for ' + os.environ['HF_TOKEN'])\n"})
    ran = shim.run("train", "--", "python", "train.py", variables=pointer)
    assert ran.exit_code == 10
    assert "exited 1 (denied for [HF_TOKEN])" in ran.sentence()
    nowhere(ran)


def refused(shim: Shim, pointer: dict[str, str], text: str, *arguments: str) -> Ran:
    """Train by a program, which is given the model's folder; fail where its model is not refused and gone."""
    shim.write({"train.py": text})
    ran = shim.run("train", "--", "python", "train.py", str(shim.out / "model"), *arguments, variables=pointer)
    assert ran.exit_code == 10
    assert ran.left() == set()
    return ran


@pytest.mark.parametrize("place", ["w.bin", "deep/config.json", "link"])
def test_a_model_that_holds_it_is_refused(shim: Shim, pointer: dict[str, str], place: str) -> None:
    """Also behind a link, which is followed where the model is copied."""
    text = (
        "import os, pathlib, sys\npath = pathlib.Path(sys.argv[1]) / sys.argv[2]\npath.parent.mkdir(exist_ok=True)\n"
        "content = b'x' * ((1 << 20) - 3) + os.environ['HF_TOKEN'].encode()\n"
        "if path.name == 'link':\n    pathlib.Path('kept').write_bytes(content); path.symlink_to(os.path.abspath('kept'))\n"
        "else:\n    path.write_bytes(content)\n"
    )
    ran = refused(shim, pointer, text, place)
    assert f"model/{place} holds the value of the secret HF_TOKEN; expected no secret in a model" in ran.sentence()


@pytest.mark.parametrize(
    "said", ["json.dumps({'token': token})", "json.dumps([token], ensure_ascii=False)", "repr(token)", "quote(token)"]
)
def test_a_model_that_holds_it_escaped_is_refused(shim: Shim, pointer: dict[str, str], said: str) -> None:
    text = (
        "import json, os, pathlib, sys\nfrom urllib.parse import quote\ntoken = os.environ['HF_TOKEN']\n"
        f"path = pathlib.Path(sys.argv[1]) / 'config.json'\npath.write_text({said})\n"
    )
    ran = refused(shim, pointer, text)
    assert "model/config.json holds the value of the secret HF_TOKEN" in ran.sentence()


@pytest.mark.parametrize(
    "encode", [quote, quote_plus, lambda text: quote(text, safe=""), lambda text: quote(text).lower()]
)
def test_it_is_hidden_in_a_url(encode: Callable[[str], str]) -> None:
    secrets = {"KEY": "p@ss/w rd+1=="}
    assert environment.hide(f"GET /api?key={encode(secrets['KEY'])}&a=1", secrets) == "GET /api?key=[KEY]&a=1"


@pytest.mark.parametrize("made", ["path.write_text('x')", "(path / 'deep').mkdir(parents=True)"])
def test_a_model_with_it_in_a_name_is_refused(shim: Shim, pointer: dict[str, str], made: str) -> None:
    text = (
        "import os, pathlib, sys\npath = pathlib.Path(sys.argv[1]) / f'x {os.environ[\"HF_TOKEN\"]}'\n"
        f"path.parent.mkdir(parents=True, exist_ok=True)\n{made}\npath.with_name('w.bin').write_bytes(b'1')\n"
    )
    ran = refused(shim, pointer, text)
    assert "The name of a file or folder of the model holds the value of the secret HF_TOKEN" in ran.sentence()
    nowhere(ran)


def test_a_junit_report_hides_it_and_is_still_one(shim: Shim, pointer: dict[str, str]) -> None:
    text = "import os\ndef test_a():\n    print(os.environ['HF_TOKEN'])\n    assert os.environ['HF_TOKEN'] == ''\n"
    shim.write({"tests/test_a.py": text})
    ran = shim.run("test", "--", "tests", variables=pointer)
    assert ran.exit_code == 0
    [case] = ElementTree.parse(ran.out / "junit.xml").getroot().iter("testcase")  # noqa: S314
    failure = case.find("failure")
    assert failure is not None
    assert "[HF_TOKEN]" in failure.get("message", "")
    nowhere(ran)


def test_what_pytest_cuts_is_hidden_too(shim: Shim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the summary, whose lines end at 80 columns, and in the middle of a long value that is compared."""
    for name in ("CI", "BUILD_NUMBER"):  # where pytest cuts nothing
        monkeypatch.delenv(name, raising=False)
    secret = "tk-9f8e7d6c5b4a-SECRET-0123456789-abcdef-zz"  # noqa: S105
    (tmp_path / "env").write_text(f"TOKEN={secret}\n")
    text = (
        "import os\nTOKEN = os.environ['TOKEN']\n"
        "def test_a():\n    raise RuntimeError('a bad token ' + TOKEN)\n"
        "def test_b():\n    assert TOKEN == ''\n"
    )
    shim.write({"tests/test_a.py": text})
    ran = shim.run("test", "--", "tests", variables={environment.POINTER: str(tmp_path / "env"), "COLUMNS": "80"})
    assert "RuntimeError: a bad token [TOKEN]..." in ran.stdout
    assert "assert '[TOKEN]...[TOKEN]' == ''" in ran.stdout
    for said in (ran.stdout, ran.stderr, *(path.read_text() for path in ran.out.rglob("*") if path.is_file())):
        assert "tk-9f8" not in said
        assert "def-zz" not in said


def test_what_we_cut_is_hidden_too(shim: Shim, tmp_path: Path) -> None:
    (tmp_path / "env").write_text("TOKEN=tk-9f8e7d6c5b4a-SECRET\n")
    body = "import os\ndef load(m):\n    raise ValueError('x' * 288 + os.environ['TOKEN'])\n"
    shim.write({"src/predict.py": body})
    arguments = ["--manifest", str(shim.manifest()), "--rows", str(shim.rows())]
    ran = shim.run("score", *arguments, variables={environment.POINTER: str(tmp_path / "env")})
    assert "xx[TOKEN]… at src/predict.py:3; " in ran.sentence()


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("token tk-9f8e7d...", "token [A]..."),
        ("token tk-9f8e7d…", "token [A]…"),
        ('"token tk-9f8\\u2026"', '"token [A]\\u2026"'),
        ("tk-9f8..., tk-9...", "[A]..., tk-9..."),
        ("'...&x-end' '…x-end'", "'...[A]' '…x-end'"),
        ("'tk-9f8e7...8\"&x-end'", "'[A]...[A]'"),
        ("...8&quot;&amp;x-end", "...[A]"),
        ("tk-9f8e7.... and tk-9f8e7d", "[A].... and tk-9f8e7d"),
        ('tk-9f8 is ... 8"&x-end', 'tk-9f8 is ... 8"&x-end'),
        ('tk-9f8e7d8"&x-end...', "[A]..."),
    ],
)
def test_a_cut_value_is_known_by_the_ellipsis_beside_it(text: str, hidden: str) -> None:
    assert environment.hide(text, {"A": 'tk-9f8e7d8"&x-end', "B": "abcdef"}) == hidden


def test_the_predictor_is_given_it(shim: Shim, pointer: dict[str, str]) -> None:
    shim.write({"src/predict.py": "import os\ndef load(m):\n    raise ValueError(os.environ['HF_TOKEN'])\n"})
    arguments = ["--manifest", str(shim.manifest()), "--rows", str(shim.rows())]
    ran = shim.run("score", *arguments, variables=pointer)
    assert ran.exit_code == 10
    assert "raised ValueError: [HF_TOKEN] at src/predict.py:3; " in ran.sentence()
    nowhere(ran)


def test_an_env_file_that_cannot_be_read_is_one_sentence(shim: Shim, tmp_path: Path) -> None:
    variables = {environment.POINTER: str(tmp_path / "gone")}
    ran = shim.run("train", "--", "python", "-c", "pass", variables=variables)
    assert ran.exit_code == 12
    assert "gone" in ran.sentence()
    assert ran.left() == set()


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("A=1\nB=two words\n", {"A": "1", "B": "two words"}),
        ("export A = 'x y'\n", {"A": "x y"}),
        ('A="it\'s"\r\nB=\r\n', {"A": "it's", "B": ""}),
        ("# A=1\n\n  \n # B\n", {}),
        ("A=b=c\nA=later\n", {"A": "later"}),
        ("A=it's\nA.b-c=''\n", {"A": "it's", "A.b-c": ""}),
        ("A=x\u2028y\x0cz\n", {"A": "x\u2028y\x0cz"}),
        ("A=x#y\nB='x # \\n'\n", {"A": "x#y", "B": "x # \\n"}),
        ("B=y'\nC=xoxb-1x\n", {"B": "y'", "C": "xoxb-1x"}),
    ],
)
def test_parse(text: str, variables: dict[str, str]) -> None:
    assert environment.parse(text) == variables


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('A=1\nKEY="-----BEGIN\n8431\n-----END"\n', 2),
        ("KEY='8431\n", 1),
        ("KEY='\n", 1),
        ('KEY="8431" # why\n', 1),
        ("KEY=-----BEGIN\n8431\n", 2),
        ("KEY=-----BEGIN\n84/31+==\n", 2),
        ("\n=8431\n", 2),
        ("A='x#y # z'\nKEY=8431 # why\n", 2),
        ("KEY=8431\t#why\n", 1),
        ("KEY= # 8431\n", 1),
        ('KEY="8431\\n"\n', 1),
        ('KEY="8431" + "8431"\n', 1),
    ],
)
def test_a_line_that_is_not_understood_is_named_and_never_shown(
    shim: Shim, tmp_path: Path, text: str, line: int
) -> None:
    (tmp_path / "env").write_text(text)
    ran = shim.run("train", "--", "python", "-c", "pass", variables={environment.POINTER: str(tmp_path / "env")})
    assert ran.exit_code == 11
    assert f"env file, line {line}: not of the form NAME=value" in ran.sentence()
    assert ran.left() == set()
    for part in ("8431", "BEGIN", "KEY"):
        assert part not in ran.stdout + ran.stderr


def test_settings_are_not_hidden_and_the_longest_secret_comes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "env"
    path.write_text("LEVEL=1\nMODE=debug\nRATE=1234567\nSHORT=abcdef\nLONG=abcdef-ghi\n", encoding="utf-8-sig")
    for name in ("LEVEL", "MODE", "RATE", "SHORT", "LONG"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv(environment.POINTER, str(path))
    secrets = environment.load()
    assert list(secrets) == ["LONG", "SHORT"]
    assert environment.hide("abcdef-ghi abcdef 1", secrets) == "[LONG] [SHORT] 1"
    assert environment.hide_bytes(b"\xff abcdef \xfe", secrets) == b"\xff [SHORT] \xfe"
    assert environment.hide(json.dumps({"a": 'x"y-abcdef'}), {"A": 'x"y-abcdef'}) == '{"a": "[A]"}'
    assert environment.hide(ascii("schlüssel"), {"A": "schlüssel"}) == "'[A]'"


@pytest.mark.parametrize("content", ["KEY=abcdefgh\n".encode("utf-16"), b"KEY=abc\0defgh\n"])
def test_an_env_file_that_is_no_text_is_a_fault_of_the_set_up(shim: Shim, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "env").write_bytes(content)
    ran = shim.run("train", "--", "python", "-c", "pass", variables={environment.POINTER: str(tmp_path / "env")})
    assert ran.exit_code == 11
    assert "env file" in ran.sentence()


def test_a_link_out_of_the_folder_is_not_rewritten(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "mine").write_text("KEY=abcdefgh\n")
    (tmp_path / "out" / "link").symlink_to(tmp_path / "mine")
    record.redact(tmp_path / "out", {"KEY": "abcdefgh"})
    assert (tmp_path / "mine").read_text() == "KEY=abcdefgh\n"
