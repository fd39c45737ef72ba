"""The features must never change under a stored model: golden values."""

import numpy as np
import pytest

from src.features import (
    FeatureConfig,
    Sparse,
    bucket,
    class_scale,
    count,
    ngrams,
    tokens,
    vectorise,
    weigh,
)

CONFIG = FeatureConfig()


def test_tokens_keep_punctuation_and_resolve_entities() -> None:
    assert tokens("GOOD &amp; cheap!!! it's :)", CONFIG) == [
        "good", "&", "cheap", "!!!", "it's", ":)",
    ]  # fmt: skip


def test_negation_marks_up_to_punctuation_or_four_words() -> None:
    assert tokens("not bad, fine", CONFIG) == ["not", "~bad", ",", "fine"]
    assert tokens("don't a b c d e", CONFIG) == ["don't", "~a", "~b", "~c", "~d", "e"]
    assert tokens("nothing new", FeatureConfig(negation_words=0)) == ["nothing", "new"]


def test_ngrams_of_words_and_characters() -> None:
    config = FeatureConfig(char_min=3, char_max=4)
    expected = ["w so", "w ok", "w so ok", "c  so", "c so ", "c  so ", "c  ok", "c ok ", "c  ok "]
    assert list(ngrams("so ok", config)) == expected


@pytest.mark.parametrize(
    ("ngram", "expected"), [("w good", 8784), ("w not ~good", 9027), ("c ñ£", 24834)]
)
def test_hash_is_stable(ngram: str, expected: int) -> None:
    assert bucket(ngram, CONFIG) == expected


def test_count_is_stable() -> None:
    row = count("so so", FeatureConfig(bits=8, char_max=3))
    assert row.indices.tolist() == [23, 37, 162, 187]
    assert row.values.tolist() == [2.0, 2.0, 2.0, 1.0]


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_empty_text_gives_an_empty_row(text: str) -> None:
    row = weigh(count(text, CONFIG), np.ones(CONFIG.buckets, dtype=np.float32))
    assert row.indices.size == 0
    assert row.values.size == 0


@pytest.mark.parametrize("text", ["ñandú costs £5", "日本語", "👍👍", "lone surrogate \ud800"])
def test_any_unicode_gives_a_row_of_length_one(text: str) -> None:
    [row] = vectorise([text], np.ones(CONFIG.buckets, dtype=np.float32), CONFIG)
    assert np.linalg.norm(row.values) == pytest.approx(1)
    assert row.values.dtype == np.float32
    assert np.all(np.diff(row.indices) > 0)


def test_class_scale_is_high_where_a_bucket_tells_classes_apart() -> None:
    one = np.ones(1, dtype=np.float32)
    two = np.repeat(one, 2)
    # Bucket 0 is in every row, 1 in both rows of class 0 only, 2 in one of them, 3 in none.
    rows = [
        Sparse(np.array([0, 1, 2]), np.repeat(one, 3)),
        Sparse(np.array([0, 1]), two),
        Sparse(np.array([0]), one),
        Sparse(np.array([0]), one),
    ]
    scale = class_scale(rows, [0, 0, 2, 2], FeatureConfig(bits=2))
    assert scale.dtype == np.float32
    assert scale.tolist() == pytest.approx([0, np.log(3), np.log(2), 0])


def test_class_scale_is_the_mean_square_over_the_classes() -> None:
    one = np.ones(1, dtype=np.float32)
    rows = [Sparse(np.array([0]), one), *[Sparse(np.array([1]), one)] * 2]
    scale = class_scale(rows, [0, 1, 2], FeatureConfig(bits=1))
    # Bucket 0, by class: (2/3) / (1/4); (1/3) / (2/4), twice.
    expected = np.sqrt((np.log(8 / 3) ** 2 + 2 * np.log(2 / 3) ** 2) / 3)
    assert scale[0] == pytest.approx(expected)


def test_weigh_dampens_counts_and_a_row_of_scale_zero_stays_zero() -> None:
    row = Sparse(np.array([0, 1]), np.array([1, np.e], dtype=np.float32))
    assert weigh(row, np.array([3, 2], dtype=np.float32)).values.tolist() == pytest.approx(
        [0.6, 0.8]
    )
    assert weigh(row, np.zeros(2, dtype=np.float32)).values.tolist() == [0, 0]
