"""The main job from a terminal: send a CT, follow it, show what was found.

Speaks only the public HTTP API, as any partner's program would; knows nothing of tables or features.
"""
