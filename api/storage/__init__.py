"""Encrypted objects and the keys that seal them: `ObjectStore`, `DataKeys`, and their embedded parts beside them."""
