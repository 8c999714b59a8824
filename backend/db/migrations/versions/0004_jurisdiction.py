"""Where each body acts, and what hangs on bodies: seats, vehicles, cameras."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing yet."""
