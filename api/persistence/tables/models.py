"""Which versions of models organizations chose."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from api.persistence.columns import instant, key_field, reference


class ModelActivation(SQLModel, table=True):
    """An organization's choice of a version; of each model the latest counts. Only ever added to."""

    __tablename__ = "model_activations"

    key: UUID = key_field()
    organization_key: UUID = reference("organizations.key")
    model_name: str
    model_version: str
    chosen_by: UUID = Field(foreign_key="users.key")
    chosen_at: datetime = instant()
