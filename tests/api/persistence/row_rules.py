"""What the migrations say of each table, all together."""

from importlib import import_module

from api.persistence.migration import FOLDER

VERSIONS = [
    import_module(f"api.persistence.migrations.versions.{path.stem}")
    for path in sorted((FOLDER / "versions").glob("[0-9]*_*.py"))
]
# Of all migrations together: each table's rule, or what the API may and why there is none.
PROTECTED = {name: rule for version in VERSIONS for name, rule in getattr(version, "PROTECTED", {}).items()}
UNPROTECTED = {name: entry for version in VERSIONS for name, entry in getattr(version, "UNPROTECTED", {}).items()}
