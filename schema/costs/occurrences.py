"""Which fields are counted one by one, whatever they cost: what can be guessed at, and what is dear elsewhere.

One table: field of Mutation -> bucket. Whoever is signed in is counted as themselves (or as their key), all others by
their network address, and there every mutation but those of FREELY counts.
"""

from collections import Counter
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationType,
    SelectionSetNode,
)
from graphql.utilities import get_operation_ast

from api.budgets.allowances import Bucket

COUNTED: Final = {
    "confirmMfa": Bucket.GUESSES,
    "enrollMfa": Bucket.GUESSES,
    "createUpload": Bucket.UPLOADS,
    "startAnalysis": Bucket.ANALYSES,
    "exportCase": Bucket.EXPORTS,
    "addComment": Bucket.COMMENTS,
    "editComment": Bucket.COMMENTS,
    "saveAnnotation": Bucket.COMMENTS,
    "giveFeedback": Bucket.COMMENTS,
    "inviteUser": Bucket.INVITATIONS,
    "shareCase": Bucket.INVITATIONS,
    "createApiKey": Bucket.INVITATIONS,
    "createWebhook": Bucket.INVITATIONS,
    "registerPush": Bucket.INVITATIONS,
}
# A refresh cookie has 256 bits: nobody guesses one, and every open app comes with its own every ten minutes.
FREELY: Final = frozenset({"refreshSession", "signOut"})


def count(document: DocumentNode, name: str | None, is_signed_in: bool) -> Counter[Bucket]:
    """How often each bucket is drawn on by a valid document's operation of that name."""
    operation = get_operation_ast(document, name)
    found: Counter[Bucket] = Counter()
    if operation is None or operation.operation is not OperationType.MUTATION:
        return found
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    for field, times in _fields(operation.selection_set, fragments).items():
        if is_signed_in and field in COUNTED:
            found[COUNTED[field]] += times
        elif not is_signed_in and field not in FREELY:
            found[Bucket.ANONYMOUS] += times
    return found


def _fields(selections: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode]) -> Counter[str]:
    """Names of the root's fields, through fragments, each as often as it is answered under a name of its own."""
    answers: dict[str, str] = {}
    seen: set[str] = set()
    left = [selections]
    while left:
        for node in left.pop().selections:
            if isinstance(node, FieldNode):
                answers[node.alias.value if node.alias else node.name.value] = node.name.value
            elif isinstance(node, FragmentSpreadNode):
                if node.name.value not in seen:
                    seen.add(node.name.value)
                    left.append(fragments[node.name.value].selection_set)
            else:
                left.append(node.selection_set)  # type: ignore[attr-defined] # an inline fragment
    return Counter(name for name in answers.values() if not name.startswith("__"))
