"""The HTTP server: python -m src.serve

Settings from the environment: MODEL_DIR (default "model") and PORT (default 8000).
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Request
from pydantic import BaseModel, Field

from src.predict import load

MAX_ROWS = 1000
MAX_TEXT = 10_000


class Row(BaseModel):
    """A text to judge. Other fields (timestamp, source) are accepted and ignored."""

    text: Annotated[str, Field(max_length=MAX_TEXT)]


class PredictRequest(BaseModel):
    """At most MAX_ROWS rows; a longer list is for several requests."""

    rows: Annotated[list[Row], Field(max_length=MAX_ROWS)]


class PredictionItem(BaseModel):
    """What src.predict.Prediction holds; Pydantic reads no TypedDict of Python 3.11."""

    label: int
    probabilities: list[float]


class PredictResponse(BaseModel):
    """One prediction for each row, in order."""

    predictions: list[PredictionItem]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Load the model before the first request: the server does not answer without it."""
    app.state.predict = load(os.environ.get("MODEL_DIR", "model"))
    yield


app = FastAPI(title="Sentiment", lifespan=lifespan)


@app.get("/health")
def health() -> dict[str, str]:
    """Answers once the model is loaded."""
    return {"status": "ok"}


@app.post("/predict")
def predict(body: PredictRequest, request: Request) -> PredictResponse:
    """Class and probabilities of each row; 422 where the request has another form."""
    rows = [{"text": row.text} for row in body.rows]
    return PredictResponse(predictions=request.app.state.predict(rows))


def main() -> None:
    # A container is reached from outside of it, so all interfaces.
    uvicorn.run(app, host="0.0.0.0", port=int(os.environ.get("PORT", "8000")))  # noqa: S104


if __name__ == "__main__":
    main()
