"""Text to hashed n-grams: the same numbers at training and at serving time.

NumPy and the standard library only, so that the serving image needs no scikit-learn. A text becomes
the buckets of its word and character n-grams with a weight for each, a sparse row of length 1.
"""

import html
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Words with inner apostrophes (straight or U+2019), else runs of punctuation: "!!!" and ":)" carry
# sentiment.
TOKEN = re.compile(r"\w+(?:['\u2019]\w+)*|[^\w\s]+")
NEGATION = re.compile(
    r"no|not|never|nothing|nobody|none|without|cannot|cant|dont|wont|isnt|doesnt|didnt|wasnt"
    r"|hardly|lack|\w+n['\u2019]t"
)
NEGATION_MARK = "~"


@dataclass(frozen=True)
class FeatureConfig:
    """Which n-grams are made, and into how many buckets (2 ** bits) they are hashed."""

    bits: int = 18
    word_max: int = 2
    char_min: int = 3
    char_max: int = 5
    negation_words: int = 4

    @property
    def buckets(self) -> int:
        return 1 << self.bits


class Sparse(NamedTuple):
    """The non-zero entries of one row: sorted bucket numbers, and a value for each."""

    indices: NDArray[np.int64]
    values: NDArray[np.float32]


def tokens(text: str, config: FeatureConfig) -> list[str]:
    """Casefolded words and punctuation, HTML entities resolved ("&amp;" is "&").

    The words after a negation are marked, up to the next punctuation and at most
    `negation_words` of them: "not a good one" gives not, ~a, ~good, ~one.
    """
    result = []
    left = 0
    for token in TOKEN.findall(html.unescape(text).casefold()):
        if not token[0].isalnum():
            left = 0
            result.append(token)
            continue
        result.append(NEGATION_MARK + token if left > 0 else token)
        left = config.negation_words if NEGATION.fullmatch(token) else left - 1
    return result


def ngrams(text: str, config: FeatureConfig) -> Iterator[str]:
    """Word n-grams ("w not ~good") and, inside each token, character n-grams ("c goo")."""
    words = tokens(text, config)
    for size in range(1, config.word_max + 1):
        for start in range(len(words) - size + 1):
            yield "w " + " ".join(words[start : start + size])
    for word in words:
        padded = f" {word} "
        for size in range(config.char_min, config.char_max + 1):
            for start in range(len(padded) - size + 1):
                yield "c " + padded[start : start + size]


def bucket(ngram: str, config: FeatureConfig) -> int:
    """CRC-32 of the UTF-8 bytes, cut to `bits` bits: the same on every machine and version."""
    # A lone surrogate has no UTF-8 form; "replace" keeps such a text from failing.
    return zlib.crc32(ngram.encode("utf-8", "replace")) & (config.buckets - 1)


def count(text: str, config: FeatureConfig) -> Sparse:
    """How often the text hits each bucket. Both arrays are empty for an empty text."""
    counts = Counter(bucket(ngram, config) for ngram in ngrams(text, config))
    indices = sorted(counts)
    return Sparse(
        np.array(indices, dtype=np.int64),
        np.array([counts[index] for index in indices], dtype=np.float32),
    )


def class_scale(
    rows: Sequence[Sparse], labels: Sequence[int], config: FeatureConfig
) -> NDArray[np.float32]:
    """How well each bucket tells the classes apart, shape (buckets,); 0 where no row hits it.

    For each class the naive Bayes log-ratio of Wang and Manning (2012): ln of the share of its rows
    that hit the bucket over the same share of all other rows, one hit and one miss added to each.
    Then the root mean square over the classes.
    """
    classes, class_of_row = np.unique(labels, return_inverse=True)
    hits = np.zeros((len(classes), config.buckets))
    for place, row in zip(class_of_row, rows, strict=True):
        hits[place, row.indices] += 1
    total = hits.sum(axis=0)
    sizes = np.bincount(class_of_row)[:, None]
    inside = (hits + 1) / (sizes + 2)
    outside = (total - hits + 1) / (len(rows) - sizes + 2)
    scale = np.sqrt(np.mean(np.log(inside / outside) ** 2, axis=0))
    return np.where(total > 0, scale, 0).astype(np.float32)


def weigh(row: Sparse, scale: NDArray[np.float32]) -> Sparse:
    """(1 + ln count) * scale, brought to Euclidean length 1 unless all values are 0."""
    values = (1 + np.log(row.values)) * scale[row.indices]
    length = np.sqrt(np.sum(values * values))
    return Sparse(row.indices, values / length if length > 0 else values)


def vectorise(
    texts: Iterable[str], scale: NDArray[np.float32], config: FeatureConfig
) -> list[Sparse]:
    """One weighted row for each text, in order."""
    return [weigh(count(text, config), scale) for text in texts]
