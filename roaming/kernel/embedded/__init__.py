"""Django database backend `roaming.kernel.embedded`: PostgreSQL started from a Python package."""
