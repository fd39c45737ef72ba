"""The server: health, predictions as the predictor says, and 422 for everything else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from src.predict import load
from src.serve import MAX_ROWS, MAX_TEXT, app

ROWS = [{"text": "great camera :)", "source": "tweets"}, {"text": "i hate it"}, {"text": ""}]


@pytest.fixture
def client(model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("MODEL_DIR", str(model_dir))
    with TestClient(app) as client:
        yield client


def test_health(client: TestClient) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_predictions_are_the_predictors(client: TestClient, model_dir: Path) -> None:
    answer = client.post("/predict", json={"rows": ROWS})
    assert answer.status_code == 200
    assert answer.json() == {"predictions": load(model_dir)(ROWS)}


def test_no_rows(client: TestClient) -> None:
    assert client.post("/predict", json={"rows": []}).json() == {"predictions": []}


@pytest.mark.parametrize(
    ("body", "place", "message"),
    [
        ({}, ["body", "rows"], "Field required"),
        ({"rows": "text"}, ["body", "rows"], "valid list"),
        ({"rows": [{"text": "a"}, {}]}, ["body", "rows", 1, "text"], "Field required"),
        ({"rows": [{"text": 3}]}, ["body", "rows", 0, "text"], "valid string"),
        ({"rows": [{"text": "a" * (MAX_TEXT + 1)}]}, ["body", "rows", 0, "text"], "at most 10000"),
        ({"rows": [{"text": "a"}] * (MAX_ROWS + 1)}, ["body", "rows"], "at most 1000"),
    ],
)
def test_invalid_requests_are_422_and_say_where(
    client: TestClient, body: object, place: list[object], message: str
) -> None:
    answer = client.post("/predict", json=body)
    assert answer.status_code == 422
    [detail] = answer.json()["detail"]
    assert detail["loc"] == place
    assert message in detail["msg"]


def test_a_body_that_is_no_json_is_422(client: TestClient) -> None:
    answer = client.post("/predict", content=b"{", headers={"content-type": "application/json"})
    assert answer.status_code == 422


def test_without_a_model_the_server_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL_DIR", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="holds no model_config"), TestClient(app):
        pass
