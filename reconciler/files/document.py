"""YAML text → nodes with positions, by the C parser, without resolving tags.

Nothing in a file can exhaust the machine: nesting is bounded while the parser
runs, and what aliases unfold to is counted before anything is read.
"""

from collections.abc import Iterator
from typing import Any, Final

from yaml._yaml import CParser
from yaml.composer import Composer
from yaml.error import Mark, MarkedYAMLError, YAMLError
from yaml.events import AliasEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

from reconciler.files.yaml_text import Page, lines_of

DEEPEST: Final = 32
MOST_UNFOLDED: Final = 250_000


class _Stream:
    """A text with a name, which the marks of its nodes then have."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self._rest = text

    def read(self, _size: int = -1, /) -> str:
        """All of the text at once, then "": the parser keeps what it does not need."""
        text, self._rest = self._rest, ""
        return text


class _Composer(CParser):
    """Leaves scalars as written: an implicit tag is "", an explicit one is kept."""

    def __init__(self, text: str | _Stream) -> None:
        super().__init__(text)
        self.depth = 0

    def resolve(self, _kind: type[Node], _value: str, _implicit: object) -> str:
        return ""

    def descend_resolver(self, parent: Node | None, _index: object) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            mark = parent.start_mark if parent else None
            raise MarkedYAMLError(problem="nested too deeply", problem_mark=mark)

    def ascend_resolver(self) -> None:
        self.depth -= 1


class _SharingComposer(Composer, _Composer):
    """Knows the anchors of earlier documents, too; slower."""

    def __init__(self, text: str | _Stream) -> None:
        Composer.__init__(self)
        _Composer.__init__(self, text)
        self.earlier: dict[str, Node] = {}

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        if self.check_event(AliasEvent):
            anchor = getattr(self.peek_event(), "anchor", "")
            if anchor not in self.anchors and anchor in self.earlier:
                self.get_event()
                return self.earlier[anchor]
        return super().compose_node(parent, index)

    def compose_document(self) -> Node | None:
        self.get_event()
        node = self.compose_node(None, None)
        self.get_event()
        self.earlier |= self.anchors
        self.anchors = {}
        return node


def documents(page: Page, *, named: bool = False) -> Iterator[Node]:
    """The documents of *page* that are not empty; a syntax error ends them.

    Where *named*, the marks of the nodes have the name of the file.
    """
    text = _Stream(page.text, page.file) if named else page.text
    composer = (_SharingComposer if _shares(page.text) else _Composer)(text)
    try:
        while composer.check_node():
            node = composer.get_node()
            if node and not _is_empty(node) and _unfolds(page, node):
                yield node
    except MarkedYAMLError as error:
        _note_syntax(page, error)
    except ReaderError as error:
        _note_character(page, error)
    except YAMLError as error:
        page.wrong_at(1, 1, f"invalid YAML: {error}")
    finally:
        composer.dispose()


def _shares(text: str) -> bool:
    """Whether a document may use an anchor of an earlier one."""
    return "*" in text and "&" in text and "\n---" in text


def _is_empty(node: Node) -> bool:
    return isinstance(node, ScalarNode) and not (node.value or node.style or node.tag)


def _note_syntax(page: Page, error: MarkedYAMLError) -> None:
    mark: Mark | None = error.problem_mark
    context = f"{error.context}, " if error.context else ""
    line, column = (mark.line, mark.column) if mark else (0, 0)
    page.wrong_at(
        line + 1,
        column + 1,
        f"invalid YAML: {context}{error.problem}",
        _syntax_hint(page.text, line, str(error.problem)),
    )


def _syntax_hint(text: str, line: int, problem: str) -> str:
    lines = lines_of(text)
    at_fault = lines[line] if line < len(lines) else ""
    if "tab" in problem or at_fault.lstrip(" ").startswith("\t"):
        return "indent with spaces: YAML does not allow tabs here"
    if "mapping values are not allowed" in problem:
        return "quote text that contains ': '"
    if "${" in at_fault:
        return 'quote references to the environment: "${NAME}"'
    return ""


def _note_character(page: Page, error: ReaderError) -> None:
    before = page.text.encode()[: error.position].decode(errors="ignore")
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    page.wrong_at(line, column, f"invalid YAML: {error.reason}")


def _unfolds(page: Page, node: Node) -> bool:
    """Whether the aliases under *node* stay within bounds; else it is noted."""
    if "*" not in page.text:
        return True
    try:
        _size(node, {})
    except _Bomb as bomb:
        page.wrong(bomb.node, bomb.reason, "write the values out")
        return False
    return True


class _Bomb(Exception):  # noqa: N818 - it does not leave this module
    def __init__(self, node: Node, reason: str) -> None:
        super().__init__(reason)
        self.node = node
        self.reason = reason


def _size(node: Node, known: dict[int, int | None]) -> int:
    """How many nodes *node* unfolds to; None in *known* marks one being counted."""
    if isinstance(node, ScalarNode):
        return 1
    key = id(node)
    if key in known:
        size = known[key]
        if size is None:
            raise _Bomb(node, "an alias refers to a value that contains it")
        return size
    known[key] = None
    total = 1 + sum(_size(child, known) for child in _children(node))
    if total > MOST_UNFOLDED:
        raise _Bomb(node, f"aliases expand to more than {MOST_UNFOLDED} values")
    known[key] = total
    return total


def _children(node: Node) -> Iterator[Node]:
    if isinstance(node, SequenceNode):
        yield from node.value
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            yield key
            yield value
