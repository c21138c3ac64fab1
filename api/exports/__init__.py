"""Exports: a case's instances as one archive, with identity or without.

The job is `api.exports.running`, which only workers import.
"""

from api.exports.reading import Address, address, find
from api.exports.requesting import expire, request

__all__ = ["Address", "address", "expire", "find", "request"]
