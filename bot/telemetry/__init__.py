"""What operators see of a running Earshot: logs, metrics, health, and the report of a bug.

Nothing here is a module's own state: metrics and health belong to one `Telemetry` a process (or a
test) makes; only the logging set-up is the process's, and `main.py` alone does it.
"""

from bot.telemetry import systemd as systemd
from bot.telemetry.endpoint import PortTaken, open_endpoint
from bot.telemetry.health import Health, Part
from bot.telemetry.logs import Redactor, set_up_logging
from bot.telemetry.metrics import AlertOutcome, Tally, Telemetry
from bot.telemetry.report import write_report

__all__ = [
    "AlertOutcome",
    "Health",
    "Part",
    "PortTaken",
    "Redactor",
    "Tally",
    "Telemetry",
    "open_endpoint",
    "set_up_logging",
    "write_report",
]
