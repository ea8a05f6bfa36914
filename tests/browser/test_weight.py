"""How much a browser has to fetch."""

import gzip

FIRST_LOAD = 60_000  # bytes, compressed


def test_the_first_load_of_the_home_page_is_light(tabs):
    tab, answers = tabs.open("busy"), []

    def heard(answer):
        answers.append(answer)

    tab.on("response", heard)
    tab.goto("/", wait_until="networkidle")
    loaded = [answer for answer in answers if answer.request.resource_type != "fetch"]  # that is a look for news
    weights = {answer.url: len(gzip.compress(answer.body())) for answer in loaded}

    assert {url.rpartition(".")[2] for url in weights} >= {"css", "js"}
    assert sum(weights.values()) <= FIRST_LOAD, weights
