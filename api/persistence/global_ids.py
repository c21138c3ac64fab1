"""How a thing is named to those outside: opaque base64url of its GraphQL type's name and its row's key."""

import base64


def global_id(type_name: str, *parts: object) -> str:
    text = ":".join((type_name, *(str(part) for part in parts)))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
