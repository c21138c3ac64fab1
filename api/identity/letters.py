"""What the local directory writes to people. Codes are never put into an address: mail programs open those."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Letter:
    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)


def confirmation(email: str, code: str) -> Letter:
    return Letter(
        email,
        "Your Hilum confirmation code",
        f"Your code is {code}. It confirms this e-mail address once, for a few minutes.\n\n"
        "If you did not sign up at Hilum, there is nothing to do: without the code no account is made.\n",
    )


def reset(email: str, code: str) -> Letter:
    return Letter(
        email,
        "Your Hilum code for a new password",
        f"Your code is {code}. It sets a new password once, for a few minutes.\n\n"
        "If you did not ask for it, there is nothing to do: your password stays as it is.\n",
    )
