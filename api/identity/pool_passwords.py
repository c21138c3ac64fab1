"""Which passwords go to a Cognito user pool. The pool has a policy of its own; this is ours, and it is asked first."""

from api.errors import WeakPassword
from api.identity import passwords
from api.persistence.columns import is_storable

LONGEST = 256  # the most that Cognito takes


def check_strength(password: str, email: str, field: str = "password") -> None:
    """email: of the account, for rules that look at it. Raises: WeakPassword."""
    passwords.check_strength(password, [email] if email else [], field)
    if password != password.strip() or len(password.splitlines()) != 1:  # Cognito's own rule
        raise WeakPassword("A password neither begins nor ends with a blank, and has one line.", [field])


def is_possible(password: str) -> bool:
    """Whether any account of a pool could have it."""
    return 0 < len(password) <= LONGEST and is_storable(password)
