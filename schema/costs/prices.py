"""What the parts of an operation cost, as tables.

A point is one object that may have to be read and written out; its scalars are included. Where the schema does not say
how long a list can become, LENGTHS says how long such lists are. New lists count DEFAULT_LENGTH until they have a row.
"""

from typing import Final

from api.persistence.paging import DEFAULT_SIZE, LARGEST

OPERATION: Final = 1  # parsing, checking, finding out who asks
MUTATION: Final = 10  # each field of one: a transaction with its audit and events
SUBSCRIPTION: Final = 10  # a stream to be kept; then the cost of one event
INTROSPECTION: Final = 50  # each field that asks about the schema; how deep it may go is limited otherwise
ITEMS_A_POINT: Final = 10  # of lists in a mutation's input

PAGE_LENGTH: Final = DEFAULT_SIZE
LONGEST_PAGE: Final = LARGEST
DEFAULT_LENGTH: Final = 10

# By field, or by the type of the elements.
LENGTHS: Final = {
    "Case.studies": 2,
    "Case.priors": 5,
    "Case.participants": 5,
    "Annotation.points": 2,
    "Annotation.quantities": 5,
    "Study.series": 4,
    "Series.stacks": 1,
    "Stack.frameTable": 300,
    "Stack.windows": 4,
    "Analysis.findings": 20,
    "Analysis.scores": 5,
    "Analysis.feedback": 10,
    "Report": 3,
    "UploadPart.headers": 2,
    "Header": 2,
    "Query.models": 5,
    "Viewer.sessions": 5,
    "UserError": 1,
    "Warning": 3,
}

# A page that a limit on what is stored makes shorter than it says. An upload has at most 4 GiB, so that its files have
# one part each and at most 512 more among all of them.
SHORT_PAGES: Final = {"UploadFile.parts": 10}

# Without rows of their own: what only holds a page together.
FREE: Final = frozenset({"PageInfo"})
