"""`earshot watch edit`: another query for somebody's subscription, and what it was is kept."""

import asyncio
import json
from datetime import UTC, datetime

from main import run_verb
from storage import subscribers, subscriptions
from storage.database import open_database
from storage.records import Role

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


async def watching_for(folder, query):
    folder.mkdir(mode=0o700)
    async with open_database(folder / "earshot.db") as database, database.transaction() as writer:
        person = await subscribers.add(
            writer,
            telegram_user_id=5,
            access_hash=6,
            name="Olena",
            role=Role.REPORTER,
            timezone="Europe/Kyiv",
            language="uk",
            added_at=NOW,
        )
        made = await subscriptions.add(writer, person, query=query, normal=query, added_at=NOW)
        return str(made.id)


def test_a_query_is_edited_its_history_kept_and_a_bad_one_changes_nothing(tmp_path, capsys):
    folder = tmp_path / "data"
    number = asyncio.run(watching_for(folder, "дрон"))

    def earshot(*arguments):
        code = run_verb([*arguments, "--data", str(folder)])
        return code, *capsys.readouterr()

    code, out, _ = earshot("watch", "edit", number, "ракета OR дрон", "--json")
    assert (code, json.loads(out)[0]["query"]) == (0, "ракета OR дрон")
    assert earshot("watch", "edit", number, "ракета OR дрон")[0] == 0  # once more changes nothing
    code, out, _ = earshot("watch", "history", number, "--json")
    assert [item["query"] for item in json.loads(out)] == ["дрон"]
    code, _, err = earshot("watch", "edit", number, "(ракета")
    assert (code, err.count("\n")) == (2, 1)
    code, _, err = earshot("watch", "edit", "77", "ракета")
    assert (code, "no subscription 77" in err) == (2, True)
    code, out, _ = earshot("watch", "list", "--json")
    assert json.loads(out)[0]["query"] == "ракета OR дрон"


def test_the_command_line_says_how_a_query_is_told_as_the_bot_does(tmp_path, capsys):
    folder = tmp_path / "data"
    asyncio.run(watching_for(folder, "дрон"))

    def earshot(*arguments):
        code = run_verb(["watch", *arguments, "--data", str(folder)])
        return code, *capsys.readouterr()

    def told(*arguments):
        code, out, _ = earshot(*arguments, "--json")
        found = json.loads(out)[0]
        return code, found["query"], found["rhythm"], found["is_urgent"], found["surge"]

    surge = {"channels": 4, "minutes": 10}
    assert told("add", "1", "surge:4/10 ракета") == (0, "ракета", "now", False, surge)
    number = json.loads(earshot("list", "--json")[1])[-1]["id"]
    options = ("--rhythm", "daily", "--urgent", "--surge", "off")
    assert told("tell", str(number), *options) == (0, "ракета", "daily", True, None)
    assert told("tell", str(number)) == (0, "ракета", "daily", True, None)  # shows alone
    assert told("edit", str(number), "surge: танк")[1:] == (
        *("танк", "daily", True),
        {"channels": 3, "minutes": 10},
    )
    assert told("add", "1", "surge:4/10 міст", "--surge", "2/5", "--rhythm", "hourly") == (
        *(0, "міст", "hourly", False),
        {"channels": 2, "minutes": 5},
    )
    code, out, _ = earshot("tell", str(number), "--not-urgent")
    assert (code, out.split("\t")) == (
        0,
        [str(number), "daily", "not urgent", "3/10", "танк\n"],
    )
    for wrong in (
        ("add", "1", "surge:1/10 ракета"),
        ("add", "1", "surge:4/10"),
        ("add", "1", "ракета", "--surge", "many"),
        ("tell", "77", "--urgent"),
    ):
        code, out, err = earshot(*wrong)
        assert (code, out, err.count("\n")) == (2, "", 1), wrong
    assert len(json.loads(earshot("list", "--json")[1])) == 3
