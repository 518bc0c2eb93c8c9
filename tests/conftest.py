from typing import Any

from order import spread


def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    """Spread the long ones over the workers."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    items[:] = spread(items, workers)
