"""The schema, step by step (Alembic). `env.py` is its entry, `versions/` the steps."""
