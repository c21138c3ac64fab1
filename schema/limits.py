"""How much a document may ask, checked before the standard's own rules, which take quadratic time on hostile ones."""

from collections import Counter
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

MOST_MERGES = 1000  # pairs of fields that answer to one name: OverlappingFieldsCanBeMerged compares each


@dataclass(frozen=True)
class Extent:
    """Of one selection, through fragments. depth: fields above each other; aliases: in all; below: merges within its
    fields; names: how often each name is answered to by the selection itself."""

    depth: int = 0
    aliases: int = 0
    below: int = 0
    names: Counter[str] = field(default_factory=Counter)

    @property
    def merges(self) -> int:
        return self.below + sum(count * (count - 1) // 2 for count in self.names.values())


@dataclass(frozen=True)
class DocumentLimits:
    """tokens: of the whole text; depth, aliases: of the largest operation or fragment."""

    tokens: int
    depth: int
    aliases: int

    def check(self, document: DocumentNode) -> list[GraphQLError]:
        measure = _Measure(document)
        for node in document.definitions:
            if not isinstance(node, OperationDefinitionNode | FragmentDefinitionNode):
                continue
            extent = measure.of(node.selection_set)
            faults = [
                f"The document has {found} {name}; {allowed} are allowed."
                for name, found, allowed in (
                    ("nested fields", extent.depth, self.depth),
                    ("aliases", extent.aliases, self.aliases),
                    ("repetitions of fields", extent.merges, MOST_MERGES),
                )
                if found > allowed
            ]
            if faults:
                return [GraphQLError(text, [node], extensions={"code": "TOO_LARGE"}) for text in faults]
        return []


class _Measure:
    """Each fragment is measured once, however often it is spread; one within itself counts as nothing more."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._known: dict[str, Extent] = {}

    def of(self, selections: SelectionSetNode | None) -> Extent:
        depth, aliases, below = 0, 0, 0
        names: Counter[str] = Counter()
        for node in selections.selections if selections is not None else ():
            if isinstance(node, FieldNode):
                inner = self.of(node.selection_set)
                names[node.alias.value if node.alias else node.name.value] += 1
                depth = max(depth, inner.depth + 1)
                aliases += node.alias is not None
                below += inner.merges
            else:
                inner = self._of_spread(node)
                names.update(inner.names)
                depth = max(depth, inner.depth)
                below += inner.below
            aliases += inner.aliases
        return Extent(depth, aliases, below, names)

    def _of_spread(self, node: SelectionNode) -> Extent:
        if isinstance(node, InlineFragmentNode):
            return self.of(node.selection_set)
        assert isinstance(node, FragmentSpreadNode)
        name = node.name.value
        if name not in self._known:
            self._known[name] = Extent()
            fragment = self._fragments.get(name)
            self._known[name] = self.of(fragment.selection_set if fragment else None)
        return self._known[name]
