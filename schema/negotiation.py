"""Which media type an answer takes, by GraphQL over HTTP and RFC 9110 §12.5.1."""

JSON = "application/json"
RESPONSE = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"


def choose_media_type(accept: str | None) -> str | None:
    """What a client without a stream is answered with; None where it accepts nothing that we have.

    JSON for whoever says nothing or `*/*`; the newer type for whoever names it and does not like JSON better.
    """
    if not accept or not accept.strip():
        return JSON
    qualities = _qualities(accept)
    if qualities.get(EVENT_STREAM, 0) > 0:
        return EVENT_STREAM
    wild = max(qualities.get("application/*", 0), qualities.get("*/*", 0))
    json, response = qualities.get(JSON, wild), qualities.get(RESPONSE, 0)
    if response > 0 and response >= json:
        return RESPONSE
    return JSON if json > 0 else None


def takes_either(accept: str | None) -> bool:
    """Whether a client lists a stream and, beside it, a type that is none."""
    qualities = _qualities(accept or "")
    plain = (JSON, RESPONSE, "application/*", "*/*")
    return qualities.get(EVENT_STREAM, 0) > 0 and any(qualities.get(name, 0) > 0 for name in plain)


def _qualities(accept: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = float(parameter[2:])
                except ValueError:
                    quality = 0.0
        found[name] = max(found.get(name, 0.0), quality)
    return found
