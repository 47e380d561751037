"""What the tests read off a page: numbers, saved files, axe-core's judgement, the way of the Tab key."""

from axe_playwright_python.sync_playwright import Axe


def number(text: str) -> float:
    """A number as the explorers write it, with a true minus sign."""
    return float(text.replace("\u2212", "-"))


def saved(page, name: str) -> str:
    """The text of the file that a button saves."""
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    return download.value.path().read_text(encoding="utf-8")


def serious(page, **options) -> list[tuple[str, str]]:
    """What axe-core calls serious or critical: the rule's name and the element."""
    violations = Axe().run(page, **options).response["violations"]
    return [
        (one["id"], node["html"])
        for one in violations
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def tab_stops(page, count: int) -> list[tuple[str, str]]:
    """Where the Tab key goes in so many steps: the element's id or text, and its outline there."""
    stops = []
    for _ in range(count):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate(
                """() => {
                    const node = document.activeElement;
                    return [node.id || node.textContent, getComputedStyle(node).outlineStyle];
                }"""
            )
        )
    return [tuple(stop) for stop in stops]
