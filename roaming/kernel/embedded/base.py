"""PostgreSQL backend that starts, or attaches to, the embedded server at the first connection; never on import."""

from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base, client
from django.utils.asyncio import async_unsafe

from roaming.kernel import embedded_postgres
from roaming.kernel.embedded import programs


class DatabaseClient(client.DatabaseClient):
    """`manage.py dbshell` with the psql of the embedded server's own package."""

    def runshell(self, parameters: Any) -> None:
        self.connection.settings_dict.update(_server_settings())
        type(self).executable_name = str(programs.bin_folder() / "psql")
        super().runshell(parameters)


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        server = _server_settings()
        params = super().get_connection_params()
        return {**params, "host": server["HOST"], "port": server["PORT"], "user": server["USER"]}

    @async_unsafe
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except self.Database.OperationalError:
            # The process that owned the server may have ended since; then this one starts it again.
            embedded_postgres.forget(settings.VAR_DIR)
            return super().get_new_connection(self.get_connection_params())


def _server_settings() -> dict[str, str]:
    server = embedded_postgres.ensure(settings.VAR_DIR, durable=settings.EMBEDDED_DURABLE)
    return {"HOST": server.socket_dir, "PORT": str(server.port), "USER": server.user}
