"""How much a browser has to fetch."""

import gzip

FIRST_LOAD = 60_000  # bytes, compressed


def test_the_first_load_of_the_home_page_is_light(tabs):
    tab, sizes = tabs.open("busy"), {}
    tab.on("response", lambda answer: sizes.update({answer.url: answer}))
    tab.goto("/", wait_until="networkidle")
    weights = {url: len(gzip.compress(answer.body())) for url, answer in sizes.items()}

    assert {url.rpartition(".")[2] for url in weights} >= {"css", "js"}
    assert sum(weights.values()) <= FIRST_LOAD, weights
