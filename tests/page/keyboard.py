"""What has the focus, and how Tab leads to it."""

from tests.page.chromium import Visitor


async def focused(tab: Visitor) -> str:
    script = """(() => {
      const at = document.activeElement;
      return at.type === "checkbox" ? at.value : at.name || at.innerText || "";
    })()"""
    return str(await tab.page.evaluate(script)).strip()


async def tab_to(tab: Visitor, name: str, most: int = 60) -> None:
    """Press Tab until *name* has the focus, which must be seen."""
    for _ in range(most):
        await tab.page.keyboard.press("Tab")
        if await focused(tab) == name:
            style = "getComputedStyle(document.activeElement).outlineStyle"
            assert await tab.page.evaluate(style) != "none"
            return
    raise AssertionError(f"Tab does not lead to {name}")
