"""Values of YAML nodes, whatever their type."""

from typing import TypeAlias

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Shape: TypeAlias = tuple[object, ...]


def shape(node: Node) -> Shape:
    """What *node* means, without where it stands."""
    if isinstance(node, SequenceNode):
        return (node.tag, *map(shape, node.value))
    if isinstance(node, MappingNode):
        return (node.tag, *((shape(k), shape(v)) for k, v in node.value))
    quoted = isinstance(node, ScalarNode) and bool(node.style)
    return (node.tag, node.value, quoted)
