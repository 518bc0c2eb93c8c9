"""What operators copy fits the program: metrics that exist, a unit and an image that hold."""

import configparser
import json
import re
from pathlib import Path

import pytest
import yaml

from bot.telemetry import Telemetry

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_METRIC = re.compile(r"\bearshot_[a-z_]+\b")


def exposed() -> set[str]:
    """Every name a scrape can have; histograms and counters have endings of their own."""
    names = set()
    for family in Telemetry().registry.collect():
        ends = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
        names |= {family.name + end for end in ends.get(family.type, ("",))}
    return names


def rules() -> list[dict[str, object]]:
    groups = yaml.safe_load((DOCS / "alert-rules.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_rule_names_metrics_there_are_and_says_what_to_do(rule):
    names = set(_METRIC.findall(rule["expr"]))
    assert names, rule["expr"]
    assert names <= exposed()
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["todo"]
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}


def test_the_dashboard_names_metrics_there_are():
    panels = json.loads((DOCS / "grafana-dashboard.json").read_text())["panels"]
    named = {
        name
        for panel in panels
        for target in panel["targets"]
        for name in _METRIC.findall(target["expr"])
    }
    assert named <= exposed()
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_every_metric_is_on_the_dashboard():
    shown = set(_METRIC.findall((DOCS / "grafana-dashboard.json").read_text()))
    left_out = {name for name in exposed() if not name.endswith(("_sum", "_count"))} - shown
    assert not left_out


@pytest.mark.parametrize("document", sorted(DOCS.glob("*.md")), ids=lambda path: path.name)
def test_metrics_in_documents_exist(document):
    named = set(_METRIC.findall(document.read_text())) - {"earshot_bot"}  # a bot's @name
    assert named <= exposed()


def test_metric_names_follow_the_conventions():
    for family in Telemetry().registry.collect():
        assert re.fullmatch(r"earshot_[a-z]+(_[a-z]+)*", family.name)
        assert family.documentation.endswith(".")
        if family.type == "histogram":
            assert family.name.endswith("_seconds")


def test_the_unit_tells_systemd_that_it_lives_and_is_walled_in():
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str
    unit.read(DOCS / "earshot.service")
    service = unit["Service"]
    assert service["Type"] == "notify"
    assert int(service["WatchdogSec"]) >= 15, "measured every 5 s"
    assert service["RestartPreventExitStatus"] == "2"
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "true"
    assert service["CapabilityBoundingSet"] == ""
    assert "AF_UNIX" in service["RestrictAddressFamilies"], "the watchdog's socket"


def test_the_image_runs_as_nobody_special_and_keeps_state_in_one_volume():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    words = [line.split() for line in lines if line and not line.startswith("#")]
    users = [line[1] for line in words if line[0] == "USER"]
    assert users
    assert users[-1].split(":")[0] not in {"0", "root"}
    assert [line[1] for line in words if line[0] == "VOLUME"] == ["/data"]
    assert "--require-hashes" in (ROOT / "Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", "data", "*.session", ".git"} <= set(ignored)


_TEST = re.compile(r"`(tests/[\w/]+\.py(?:::\w+)?)`")


@pytest.mark.parametrize("named", sorted(set(_TEST.findall((DOCS / "reliability.md").read_text()))))
def test_every_test_that_reliability_names_exists(named):
    path, _, function = named.partition("::")
    text = (ROOT / path).read_text()
    assert not function or re.search(rf"def {function}\(", text)


def test_every_kind_of_fault_that_chaos_draws_is_named():
    drawn = (ROOT / "tests/chaos/faults.py").read_text().partition("\nALL:")[2]
    kinds = set(re.findall(r"^    \((\w+), \d+\),$", drawn, re.MULTILINE))
    assert len(kinds) > 20
    named = set(re.findall(r"`(\w+)`", (DOCS / "reliability.md").read_text()))
    assert kinds <= named
