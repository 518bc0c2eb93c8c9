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
