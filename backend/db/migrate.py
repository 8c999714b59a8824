"""Bring a database's schema up to date with Alembic, under the owner's role."""

from pathlib import Path

from alembic import command
from alembic.config import Config

MIGRATIONS = Path(__file__).with_name("migrations")


def configuration(owner_url: str) -> Config:
    """Alembic's configuration for one database; there is no alembic.ini, so the two cannot differ."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", owner_url.replace("%", "%%"))
    return config


def upgrade(owner_url: str) -> None:
    """Run every migration that is still missing. Raises SQLAlchemy's errors as they are."""
    command.upgrade(configuration(owner_url), "head")
