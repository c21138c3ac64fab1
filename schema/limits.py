"""How much a document may ask, checked before the standard's own rules, which take quadratic time on hostile ones."""

from collections import Counter
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
)

INTROSPECTION_DEPTH = 15  # the standard introspection query nests `ofType` nine deep


@dataclass(frozen=True)
class Extent:
    """depth: fields above each other; aliases: in all; repeats: fields told twice in one selection, in all."""

    depth: int = 0
    aliases: int = 0
    repeats: int = 0


@dataclass(frozen=True)
class DocumentLimits:
    """tokens: of the whole text; depth, aliases: through fragments, of the largest operation."""

    tokens: int
    depth: int
    aliases: int

    def check(self, document: DocumentNode) -> list[GraphQLError]:
        measure = _Measure(document)
        faults: list[GraphQLError] = []
        for node in document.definitions:
            if not isinstance(node, OperationDefinitionNode | FragmentDefinitionNode):
                continue
            extent = measure.of(node.selection_set)
            for name, found, allowed in (
                ("nested fields", extent.depth, max(self.depth, INTROSPECTION_DEPTH)),
                ("aliases", extent.aliases, self.aliases),
                ("repeated fields", extent.repeats, self.aliases),
            ):
                if found > allowed:
                    faults.append(_fault(f"The document has {found} {name}; {allowed} are allowed.", node))
            if faults:
                break
        return faults


class _Measure:
    """Each fragment is measured once, however often it is spread; one within itself counts as nothing more."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._known: dict[str, Extent] = {}

    def of(self, selections: SelectionSetNode | None) -> Extent:
        if selections is None:
            return Extent()
        names = Counter(_name(node) for node in selections.selections)
        depth, aliases, repeats = 0, 0, sum(names.values()) - len(names)
        for node in selections.selections:
            if isinstance(node, FragmentSpreadNode):
                inner, step = self._of_fragment(node.name.value), 0
            elif isinstance(node, FieldNode):
                inner, step = self.of(node.selection_set), 1
                aliases += node.alias is not None
            else:
                inner, step = self.of(getattr(node, "selection_set", None)), 0
            depth = max(depth, inner.depth + step)
            aliases, repeats = aliases + inner.aliases, repeats + inner.repeats
        return Extent(depth, aliases, repeats)

    def _of_fragment(self, name: str) -> Extent:
        if name not in self._known:
            self._known[name] = Extent()
            fragment = self._fragments.get(name)
            self._known[name] = self.of(fragment.selection_set if fragment else None)
        return self._known[name]


def _name(node: object) -> object:
    """What answers a field; fragments are told apart, for the same type is rightly named twice."""
    if isinstance(node, FieldNode):
        return node.alias.value if node.alias else node.name.value
    return ("...", node.name.value) if isinstance(node, FragmentSpreadNode) else id(node)


def _fault(message: str, node: OperationDefinitionNode | FragmentDefinitionNode) -> GraphQLError:
    return GraphQLError(message, [node], extensions={"code": "TOO_LARGE"})
