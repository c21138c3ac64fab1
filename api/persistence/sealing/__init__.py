"""Columns that lie sealed in the database, and the blind indexes by which they are found. See decision 11.

Not for: objects (`api.storage.encryption`), or where keys come from and how they turn (`api.keys`).
"""
