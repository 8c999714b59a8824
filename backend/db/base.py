"""The declarative base that the tables of all subjects share."""

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

# Constraint names are spelled out so that a migration can name what it changes.
NAMING = {
    "ix": "%(table_name)s_%(column_0_N_name)s_index",
    "uq": "%(table_name)s_%(column_0_N_name)s_unique",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_foreign_key",
    "pk": "%(table_name)s_primary_key",
}


class Base(DeclarativeBase):
    """Base of every mapped table."""

    metadata = MetaData(naming_convention=NAMING)
