"""What can be measured of a page's accessibility."""

# Every text that is seen, against what is painted behind it (WCAG 2.2, 1.4.3).
CONTRAST = """(() => {
    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const rgba = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data].map((v, i) => i < 3 ? v : v / 255) };
    const over = (top, under) => top.slice(0, 3).map((v, i) => v * top[3] + under[i] * (1 - top[3]));
    const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b };
    const behind = (node, pseudo) => {
        const layers = [];
        for (; node; node = node.parentElement) {
            if (pseudo && node.matches('.ranking li')) layers.push(rgba(getComputedStyle(node, '::before').backgroundColor));
            layers.push(rgba(getComputedStyle(node).backgroundColor));
        }
        return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
    };
    const faults = new Set(), texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const text = texts.currentNode.data.trim(), node = texts.currentNode.parentElement, style = getComputedStyle(node);
        const box = node.getBoundingClientRect();
        if (!text || !node.checkVisibility({visibilityProperty: true}) || node.closest('.sr') || node.closest(':disabled') || box.width < 2 || box.bottom < 0) continue;
        const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
        for (const pseudo of [false, true]) {
            const ground = behind(node, pseudo), ink = over(rgba(style.color), ground);
            const [dark, bright] = [light(ink), light(ground)].sort((a, b) => a - b), ratio = (bright + .05) / (dark + .05);
            if (ratio < (large ? 3 : 4.5)) faults.add(`${text.slice(0, 40)} ${ratio.toFixed(2)}`);
        }
    }
    return [...faults];
})()"""

# What Tab should reach, in the order of the document; of radio buttons of one group, the checked one.
REACHABLE = """[...document.querySelectorAll('a[href], button, input, [tabindex="0"]')].filter(node =>
    node.checkVisibility({visibilityProperty: true}) && !node.disabled && node.tabIndex >= 0 && (node.type !== 'radio' || node.checked))"""
NAME = "(node => node.id || `${node.localName} ${node.getAttribute('aria-label') ?? node.value ?? ''}${node.textContent}`.trim().slice(0, 60))"
CONTROLS = {"button", "link", "textbox", "searchbox", "radio", "checkbox", "combobox", "region"}


async def contrast_faults(tab):
    return await tab.run(CONTRAST)


async def nameless(tab):
    """Controls that the accessibility tree has no name for."""
    nodes = (await tab.send("Accessibility.getFullAXTree"))["nodes"]
    return [node["nodeId"] for node in nodes
            if not node.get("ignored") and node["role"]["value"] in CONTROLS and not node.get("name", {}).get("value")]


async def focus_order(tab):
    """Where Tab goes from the beginning, where it should go, and what does not show it."""
    expected = await tab.run(f"{REACHABLE}.map({NAME})")
    await tab.run("document.activeElement.blur(), getSelection().removeAllRanges(), document.body.tabIndex = -1, document.body.focus(), document.body.removeAttribute('tabindex')")
    order, unseen = [], []
    for _ in expected:
        await tab.key("Tab")
        name, seen = await tab.run(f"""(node => [{NAME}(node), [node, node.nextElementSibling].some(one => one && getComputedStyle(one).outlineStyle !== 'none')])(document.activeElement)""")
        order.append(name)
        if not seen:
            unseen.append(name)
    return order, expected, unseen
