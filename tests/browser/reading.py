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


def serious(page, context: str | None = None, **options) -> list[tuple[str, str]]:
    """What axe-core calls serious or critical: the rule's name and the element.

    Args:
        page: The page.
        context: A selector of the part that is looked at; None: all.
        **options: Of `axe.run`. It writes down violations only, which takes a fifth of the time off.
    """
    options = {"resultTypes": ["violations"], **options}
    violations = Axe().run(page, context=context, options=options).response["violations"]
    return [
        (one["id"], node["html"])
        for one in violations
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def tab_order(page, controls: str) -> list[tuple[int, str]]:
    """The controls in the order of the Tab key: the place of each in the page, and its outline."""
    nodes = page.locator(controls)
    nodes.evaluate_all("all => all.forEach((one, place) => { one.dataset.place = place; })")
    stops = []
    for _ in range(nodes.count()):
        page.keyboard.press("Tab")
        read = "one => [Number(one.dataset.place ?? -1), getComputedStyle(one).outlineStyle]"
        stops.append(tuple(page.evaluate_handle("document.activeElement").evaluate(read)))
    return stops


SIZES = """root => [...root.querySelectorAll('*')].flatMap(one => {
    const words = [...one.childNodes].filter(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!words.length || !one.getClientRects().length || one.closest('.av-live')) return [];
    const size = parseFloat(getComputedStyle(one).fontSize);
    const drawing = one.closest('svg[viewBox]');
    const scale = drawing
        ? drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width : one.currentCSSZoom;
    return [[size * scale, words[0].data.trim()]];
})"""


def text_sizes(root) -> list[tuple[float, str]]:
    """The size in pixels of the screen, and the words, of each text that can be seen inside an element."""
    return [(size, words) for size, words in root.evaluate(SIZES)]


def unfold(page) -> None:
    """Open the small print of an explorer that folds it."""
    for summary in page.locator(".av-root details:not([open]) > summary").all():
        summary.click()
