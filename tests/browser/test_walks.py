"""The ways that an operator goes, with a mouse, with a keyboard alone, and without scripts."""

from playwright.sync_api import expect

from tests.browser.filled import ERROR


def test_tonights_failure_and_its_first_error_are_two_clicks_away(tabs, served):
    tab = tabs.open("busy")
    tab.goto("/")
    tab.locator("#looks ~ table").get_by_role("link", name=served["busy"].names["failed"]).click()
    tab.locator("a.first-error").first.click()

    line = tab.locator("pre b, pre span", has_text="Could not find the response curve").first
    expect(line).to_be_in_viewport()
    assert ERROR in tab.locator("pre.log").inner_text()


def stopped_and_resumed(tab):
    """Everything, with a reason; then resumed."""
    tab.goto("/")
    tab.get_by_role("link", name="Stop…").click()
    tab.get_by_label("everything").check()
    tab.get_by_label("let them end").check()
    tab.get_by_label("Why").fill("flux calibration wrong since the new lamp")
    tab.get_by_role("button", name="Stop", exact=True).click()
    strip = tab.get_by_role("complementary", name="State of processing")
    expect(strip).to_contain_text("everything stopped")
    expect(strip).to_contain_text("by olga: flux calibration wrong since the new lamp")
    assert tab.title().startswith("■ ")

    strip.get_by_role("link", name="Resume…").click()
    tab.get_by_role("button", name="Resume", exact=True).click()
    expect(strip).not_to_contain_text("stopped")


def test_a_stop_takes_hold_and_is_resumed(tabs):
    stopped_and_resumed(tabs.open("calm"))


def test_a_stop_takes_hold_and_is_resumed_without_scripts(tabs):
    stopped_and_resumed(tabs.open("calm", java_script_enabled=False))


def focused(tab):
    """What the reader's keys act upon: its text."""
    return tab.evaluate("document.activeElement.textContent.trim().replace(/\\s+/g, ' ')")


def press(tab, *keys):
    for key in keys:
        tab.keyboard.press(key)


def test_a_table_is_one_stop_of_the_tabulator_and_arrows_walk_through_it(tabs):
    tab = tabs.open("busy")
    tab.goto("/dates/UVES/2012-05-09/")
    grid = tab.get_by_role("grid", name="Jobs")
    assert grid.locator("[tabindex='0']").count() == 1
    tab.get_by_role("button", name="Filter").focus()
    press(tab, "Tab")
    first = focused(tab)
    assert first.startswith("UVES.")

    press(tab, "ArrowDown")
    second = focused(tab)
    assert second.startswith("UVES.")
    assert second != first
    press(tab, "ArrowUp")
    assert focused(tab) == first
    press(tab, "Home")
    assert focused(tab) == "failed"
    press(tab, "ArrowRight")
    assert focused(tab).startswith("UVES.")
    press(tab, "Control+End")
    assert grid.locator("tbody tr").last.locator("td").last.evaluate("each => each === document.activeElement")
    press(tab, "Control+Home", "End", "ArrowLeft", "ArrowRight", "PageDown", "PageUp", "Home", "ArrowRight")
    assert focused(tab) == first


def test_the_tabulator_leaves_a_table_and_comes_back_to_where_it_was(tabs):
    tab = tabs.open("busy")
    tab.goto("/dates/UVES/2012-05-09/")
    grid = tab.get_by_role("grid", name="Jobs")
    grid.locator("[tabindex='0']").focus()
    press(tab, "ArrowDown")
    first = focused(tab)

    press(tab, "Tab")
    assert not grid.evaluate("grid => grid.contains(document.activeElement)")
    press(tab, "Shift+Tab")
    assert focused(tab) == first
    press(tab, "Enter")
    expect(tab).to_have_url(f"{tab.url.split('/dates')[0]}/abs/{first}/")


def test_g_and_a_letter_lead_to_a_page(tabs):
    tab = tabs.open("busy")
    tab.goto("/nothing/")
    site = tab.url.removesuffix("/nothing/")
    for link in tab.locator("nav [data-key]").all():
        key, address = link.get_attribute("data-key"), link.get_attribute("href")
        press(tab, "g", key)
        expect(tab).to_have_url(f"{site}{address}")
        tab.goto("/nothing/")


def test_the_question_mark_lists_the_keys_and_escape_leads_back(tabs):
    tab = tabs.open("busy")
    tab.goto("/")
    tab.get_by_role("link", name="System").focus()
    press(tab, "?")
    keys = tab.get_by_role("dialog", name="Keys")
    expect(keys).to_be_visible()
    for link in tab.locator("nav [data-key]").all():
        expect(keys).to_contain_text(link.inner_text())

    press(tab, "Escape")
    expect(keys).to_be_hidden()
    assert focused(tab) == "System"


def test_a_slash_leads_to_the_filter_where_there_is_one(tabs):
    tab = tabs.open("busy")
    tab.goto("/system/")
    tab.evaluate("document.getElementById('main').insertAdjacentHTML('beforeend', '<input type=search id=filter>')")
    press(tab, "/")

    assert tab.evaluate("document.activeElement.id") == "filter"
    assert tab.locator("#filter").input_value() == ""


def test_keys_do_nothing_while_somebody_types_or_holds_a_modifier(tabs):
    tab = tabs.open("busy")
    tab.goto("/stop/")
    tab.get_by_label("Why").focus()
    tab.keyboard.type("g y? /")
    assert tab.get_by_label("Why").input_value() == "g y? /"

    tab.get_by_role("link", name="Cancel").focus()
    press(tab, "Alt+g", "Control+?", "g", "Alt+y")
    expect(tab.get_by_role("dialog", name="Keys")).to_be_hidden()
    assert tab.url.endswith("/stop/")


def test_keys_can_be_switched_off_and_stay_off(tabs):
    tab = tabs.open("busy")
    tab.goto("/dates/UVES/2012-05-09/")
    tab.get_by_role("button", name="Keys").click()
    tab.get_by_label("Use these keys").uncheck()
    tab.get_by_role("button", name="Close").click()
    for _ in range(2):
        press(tab, "?", "g", "y")
        expect(tab.get_by_role("dialog", name="Keys")).to_be_hidden()
        assert tab.url.endswith("/dates/UVES/2012-05-09/")
        assert tab.locator("[role=grid]").count() == 0
        tab.reload()
