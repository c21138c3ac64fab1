"""Web Push: say something to a browser by its maker's push service (RFC 8030), sealed so that only it can read it."""
