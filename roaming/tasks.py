from roaming.exchange.tasks import deliver, pull_all, pull_connection, sweep

__all__ = ["deliver", "pull_all", "pull_connection", "sweep"]
