"""PostgreSQL: engine, tables, one module of queries a noun, migrations."""
