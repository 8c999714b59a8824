"""Devices that were seen, that knock, whose token changes."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nothing yet."""
