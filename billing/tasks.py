from billing.rating import tasks as rating_tasks

__all__ = ["rating_tasks"]
