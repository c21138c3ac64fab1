"""Sealed columns: what names a patient, and free text, is sealed; what was found by it gets blind index columns.

Rows that lie in the clear are sealed here, in the migration's one transaction: killed in its midst, it begins again.
A table is then written anew, since an update, and a column that is dropped, leave what was there on the disk.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

from api.persistence.sealing.folding import whole, word_prefixes
from api.persistence.sealing.index_columns import Term, term_numbers
from api.persistence.sealing.keyring import FirstKeys, Keyring
from api.persistence.sealing.sealed_columns import Kind, encode

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BATCH = 500
Row = dict[str, Any]


@dataclass(frozen=True)
class Clear:
    """A column that lies in the clear. kind: as it is sealed."""

    name: str
    nullable: bool = True
    kind: Kind = "text"


@dataclass(frozen=True)
class Table:
    """blind: index column -> place, column of the scope, what it is made from.

    by_word, by_whole: what search terms are made from, within the organization; none for a table without.
    A scope is None where equal is equal everywhere. repeats: whether several rows may have one blind value.
    """

    name: str
    clear: tuple[Clear, ...]
    key: str = "key"
    blind: dict[str, tuple[str, str | None, tuple[str, ...]]] = field(default_factory=dict)
    by_word: tuple[str, ...] = ()
    by_whole: tuple[str, ...] = ()
    repeats: bool = False

    @property
    def is_searched(self) -> bool:
        return bool(self.by_word or self.by_whole)


def _found_by_email(table: str) -> dict[str, tuple[str, str | None, tuple[str, ...]]]:
    return {"email_blind": (f"{table}.email", None, ("email",))}


EMAIL, DISPLAY_NAME = Clear("email", nullable=False), Clear("display_name", nullable=False)
TABLES = (
    Table("users", (EMAIL, DISPLAY_NAME), blind=_found_by_email("users"), by_word=("display_name", "email")),
    Table("local_accounts", (EMAIL,), key="subject", blind=_found_by_email("local_accounts")),
    Table("invitations", (EMAIL,), blind=_found_by_email("invitations"), repeats=True),
    Table("sign_ups", (EMAIL, DISPLAY_NAME), key="subject", blind=_found_by_email("sign_ups"), repeats=True),
    Table("participants", (Clear("email"),), blind=_found_by_email("participants"), repeats=True),
    Table(
        "patients",
        (Clear("patient_id"), Clear("issuer"), Clear("name"), Clear("birth_date", kind="date"), Clear("sex")),
        blind={"identity_blind": ("patients.identity", "organization_key", ("patient_id", "issuer"))},
        by_word=("name",),
        by_whole=("patient_id",),
    ),
    Table(
        "studies",
        (
            Clear("study_instance_uid", nullable=False),
            *(Clear("description"), Clear("accession_number"), Clear("started_at", kind="moment")),
        ),
        blind={"uid_blind": ("studies.study_instance_uid", "organization_key", ("study_instance_uid",))},
        by_word=("description",),
        by_whole=("accession_number",),
    ),
    Table(
        "series",
        (
            Clear("series_instance_uid", nullable=False),
            *(Clear("description"), Clear("body_part"), Clear("laterality"), Clear("frame_of_reference_uid")),
        ),
        blind={"uid_blind": ("series.series_instance_uid", "study_key", ("series_instance_uid",))},
    ),
    Table(
        "instances",
        (Clear("sop_instance_uid", nullable=False),),
        blind={"uid_blind": ("instances.sop_instance_uid", "organization_key", ("sop_instance_uid",))},
    ),
    Table("cases", (Clear("title", nullable=False), Clear("deletion_reason")), by_word=("title",)),
    Table("analyses", (Clear("failure"),)),
    Table("uploads", (Clear("title"),)),
    Table("upload_files", (Clear("name", nullable=False),)),
    Table(
        "upload_instances",
        (Clear("path", nullable=False), Clear("message")),
        key="id",
        blind={"path_blind": ("upload_instances.path", "file_key", ("path",))},
    ),
)


def upgrade() -> None:
    _make_key_tables()
    op.create_index("users_newest", "users", ["organization_key", "created_at", "key"])
    keyring = _keyring()
    _drop_indexes_on_clear_columns()
    for table in TABLES:
        _add_columns(table)
        if keyring is not None:
            _seal(table, keyring)
        _drop_clear_columns(table)
        if keyring is not None:
            _write_anew(table)
        _add_indexes(table)
    _forget_what_tells_of_names()


def _make_key_tables() -> None:
    op.create_table(
        "data_keys",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "data_keys_one_current", "data_keys", ["state"], unique=True, postgresql_where=sa.text("state = 'current'")
    )
    op.create_table(
        "blind_index_keys",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _keyring() -> Keyring | None:
    """None where no row is there to be sealed: the first process then makes the keys."""
    connection = op.get_bind()
    if not any(connection.scalar(sa.text(f"select exists (select from {table.name})")) for table in TABLES):
        return None
    first_keys: Callable[[], FirstKeys] | None = context.config.attributes.get("first_keys")
    if first_keys is None:
        raise RuntimeError("the database holds data in the clear, and no keys were given to seal it with")
    made = first_keys()
    insert = sa.text("insert into data_keys (id, wrapped, state, created_at) values (1, :wrapped, 'current', now())")
    connection.execute(insert, {"wrapped": made.wrapped})
    secret = sa.text("insert into blind_index_keys (id, secret) values (1, :secret)")
    connection.execute(secret, {"secret": made.sealed_secret})
    return made.keyring


def _drop_indexes_on_clear_columns() -> None:
    op.drop_index("patients_identity", table_name="patients")
    op.drop_constraint("studies_organization_key_study_instance_uid_key", "studies")
    op.drop_constraint("series_study_key_series_instance_uid_key", "series")
    op.drop_constraint("instances_organization_key_sop_instance_uid_key", "instances")
    op.drop_index("ix_upload_instances_path", table_name="upload_instances")


def _add_columns(table: Table) -> None:
    for column in table.clear:
        op.alter_column(table.name, column.name, new_column_name=_clear(column.name))
        op.add_column(table.name, sa.Column(column.name, sa.LargeBinary(), nullable=True))
    for name in table.blind:
        op.add_column(table.name, sa.Column(name, sa.LargeBinary(), nullable=True))
    if table.is_searched:
        op.add_column(table.name, sa.Column("search_terms", postgresql.ARRAY(sa.BigInteger()), nullable=True))


def _seal(table: Table, keyring: Keyring) -> None:
    connection = op.get_bind()
    written = [column.name for column in table.clear] + list(table.blind)
    written += ["search_terms"] if table.is_searched else []
    update = sa.text(
        f"update {table.name} set {', '.join(f'{name} = :{name}' for name in written)} where {table.key} = :row_key"
    )
    for rows in _batches(table):
        connection.execute(update, [_sealed(table, row, keyring) for row in rows])


def _batches(table: Table) -> Iterator[list[Row]]:
    """All rows in the order of their key, those already passed left out."""
    connection = op.get_bind()
    scopes = {scope for _, scope, _ in table.blind.values() if scope is not None}
    scopes |= {"organization_key"} if table.is_searched else set()
    columns = [f"{table.key} as row_key", *sorted(scopes), *(f"{_clear(c.name)} as {c.name}" for c in table.clear)]
    first = f"select {', '.join(columns)} from {table.name}"
    after: Any = None
    while True:
        beyond = f" where {table.key} > :after" if after is not None else ""
        statement = sa.text(f"{first}{beyond} order by {table.key} limit {BATCH}")
        rows = [dict(row._mapping) for row in connection.execute(statement, {"after": after} if beyond else {})]
        if not rows:
            return
        yield rows
        after = rows[-1]["row_key"]


def _sealed(table: Table, row: Row, keyring: Keyring) -> Row:
    sealed: Row = {"row_key": row["row_key"]}
    for column in table.clear:
        value = row[column.name]
        place = f"{table.name}.{column.name}"
        sealed[column.name] = None if value is None else keyring.seal(place, encode(column.kind, value))
    for name, (place, scope, sources) in table.blind.items():
        texts = [row[source] for source in sources]
        sealed[name] = None if texts[0] is None else keyring.blind(place, row[scope] if scope else None, *texts)
    if table.is_searched:
        found = [(name, text) for name in table.by_word for text in word_prefixes(row[name])]
        found += [(name, text) for name in table.by_whole for text in whole(row[name])]
        terms = (Term(f"{table.name}.{name}", row["organization_key"], text) for name, text in found)
        sealed["search_terms"] = term_numbers(keyring, terms)
    return sealed


def _drop_clear_columns(table: Table) -> None:
    for column in table.clear:
        op.drop_column(table.name, _clear(column.name))
        if not column.nullable:
            op.alter_column(table.name, column.name, nullable=False)
    may_be_null = {column.name for column in table.clear if column.nullable}
    for name, (_, _, sources) in table.blind.items():
        if sources[0] not in may_be_null:
            op.alter_column(table.name, name, nullable=False)
    if table.is_searched:
        op.alter_column(table.name, "search_terms", nullable=False)


def _write_anew(table: Table) -> None:
    """Into a new file, which holds neither dead rows nor dropped columns: a change of type that changes nothing."""
    name = table.clear[0].name
    op.execute(f"alter table {table.name} alter column {name} type bytea using {name} || ''::bytea")


def _add_indexes(table: Table) -> None:
    for name in table.blind:
        if table.repeats:
            op.create_index(f"ix_{table.name}_{name}", table.name, [name])
        else:
            op.create_unique_constraint(f"{table.name}_{name}_key", table.name, [name])
    if table.is_searched:
        op.create_index(f"{table.name}_search", table.name, ["search_terms"], postgresql_using="gin")


def _forget_what_tells_of_names() -> None:
    """Plain digests of titles, file names and addresses, by which these could be guessed.

    A repeated request is a new one once, and failed sign-ins are forgiven.
    """
    op.execute("truncate idempotency_keys")
    op.execute("truncate ingest_tries")
    op.execute("truncate sign_in_failures")
    op.alter_column("sign_in_failures", "email_hash", new_column_name="whose_blind")
    op.execute("alter index ix_sign_in_failures_email_hash rename to ix_sign_in_failures_whose_blind")


def _clear(name: str) -> str:
    return f"{name}_in_clear"


def downgrade() -> None:
    raise NotImplementedError("sealed columns cannot be opened without their keys; restore a backup from before")
