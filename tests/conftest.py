from typing import Any

from hypothesis import settings
from order import spread

# Ten seconds an example end what hangs; hypothesis' own 0.2 s end whatever a busy machine delays.
settings.register_profile("earshot", deadline=10_000)
settings.load_profile("earshot")


def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    """Spread the long ones over the workers."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    items[:] = spread(items, workers)
