"""The audit trail's own rules: what an entry is, how it is written, hashed and walked. Not for: who may read it."""
