"""What administrators and operators look after: the audit trail, that it is whole, and its anchors."""

from api.oversight.audit_trail import AuditFilter, LastWord, last_word, list_entries

__all__ = ["AuditFilter", "LastWord", "last_word", "list_entries"]
