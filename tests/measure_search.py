"""Three ways of cutting Chinese for the search, by what they find and cost: python tests/measure_search.py.

Queries are passages of two to four characters drawn from the lexicons' examples; what should be found is every sentence
that holds the passage, marks left aside.
"""

from __future__ import annotations

import random
import re
import sqlite3
import time
from collections.abc import Callable

import jieba
from fill_words import sentences

from pipeline.store.search_query import for_sqlite, read_query
from pipeline.store.search_tokens import tokens

HAN = re.compile(r"[\u4e00-\u9fff]+")
QUERIES = 300


def plain(text: str) -> str:
    """A text without marks."""
    return re.sub(r"[^\w]", "", text)


def ours(text: str) -> str:
    """Pairs of characters, as the index holds them."""
    return " ".join(token.text for token in tokens(text))


def cut(text: str) -> str:
    """Words by jieba's search mode."""
    return " ".join(jieba.cut_for_search(plain(text)))


WAYS: dict[str, tuple[str, Callable[[str], str], Callable[[str], str]]] = {
    "pairs (ours)": ("unicode61 remove_diacritics 0", ours, lambda query: for_sqlite(read_query(query))),
    "jieba": ("unicode61", cut, lambda query: f'"{" ".join(jieba.cut(query))}"'),
    "trigram": ("trigram", plain, lambda query: f'"{query}"'),
}


def main() -> None:
    """Print recall, precision, time and size of each."""
    texts = [text for text in sentences() if HAN.search(text)]
    draw = random.Random(1)
    queries = []
    while len(queries) < QUERIES:
        run = plain(draw.choice(texts))
        size = draw.choice((2, 2, 3, 4))
        at = draw.randrange(max(1, len(run) - size))
        if len(run) >= size and HAN.fullmatch(run[at : at + size]):
            queries.append(run[at : at + size])
    truth = [{i for i, text in enumerate(texts) if query in plain(text)} for query in queries]
    cut("预热")
    for name, (tokenizer, write, ask) in WAYS.items():
        base = sqlite3.connect(":memory:")
        base.execute(f"CREATE VIRTUAL TABLE words USING fts5(said, content='', tokenize='{tokenizer}')")
        started = time.perf_counter()
        base.executemany("INSERT INTO words (rowid, said) VALUES (?, ?)", enumerate(map(write, texts)))
        base.commit()
        filled = time.perf_counter() - started
        started = time.perf_counter()
        found = [
            {row for (row,) in base.execute("SELECT rowid FROM words WHERE words MATCH ?", (ask(q),))}
            for q in queries
        ]
        took = time.perf_counter() - started
        right = sum(len(one & other) for one, other in zip(found, truth, strict=True))
        recall, precision = right / sum(map(len, truth)), right / max(1, sum(map(len, found)))
        (size,) = base.execute("SELECT sum(length(block)) FROM words_data").fetchone()
        print(  # noqa: T201 - a program that talks to whoever runs it
            f"{name:13} recall {recall:6.1%}  precision {precision:6.1%}  index {size / 1024:5.0f} KB"
            f"  filling {1e6 * filled / len(texts):4.0f} µs a sentence  query {1e3 * took / QUERIES:5.2f} ms"
        )
    print(f"{len(texts)} sentences, {QUERIES} queries")  # noqa: T201 - the same


if __name__ == "__main__":
    main()
