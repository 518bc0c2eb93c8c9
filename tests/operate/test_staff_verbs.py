"""Operators' acts on the command line, by the real command."""

import json

from earshot_command import Earshot

TOML = """
[[channel]]
reference = "@front_news"
mode = "join"
depth = 50
groups = ["front"]

[[channel]]
reference = "@sea_news"
mode = "poll"
"""


async def earshot(tmp_path):
    run = Earshot(tmp_path)
    assert (await run("people", "invite", "--role", "operator")).code == 0
    return run


async def test_the_list_as_a_file_is_planned_applied_and_rolled_back(tmp_path):
    run = await earshot(tmp_path)
    (tmp_path / "channels.toml").write_text(TOML)
    planned = await run("channels", "plan", "channels.toml")
    assert planned.out.splitlines() == [
        "+ @front_news: join, depth 50, groups front",
        "+ @sea_news: poll, depth 1000, groups -",
        "2 changes",
    ]
    assert (await run("channels", "apply", "channels.toml", answers="n\n")).code == 0
    assert json.loads((await run("channels", "list", "--json")).out) == []
    refused = await run("channels", "apply", "channels.toml")
    assert (refused.code, "--yes" in refused.err) == (2, True)
    assert (await run("channels", "apply", "channels.toml", "--yes")).code == 0
    exported = (await run("channels", "export")).out
    assert 'reference = "@sea_news"' in exported
    assert (await run("channels", "apply", "channels.toml", "--yes")).out == "nothing to change\n"
    states = json.loads((await run("channels", "history", "--json")).out)
    assert [state["act"] for state in states] == ["list applied", "as it was"]
    back = await run("channels", "rollback", str(states[1]["id"]), "--yes", "--json")
    assert [change["step"] for change in json.loads(back.out)] == ["-", "-"]
    assert json.loads((await run("channels", "list", "--json")).out) == []
    missing = await run("channels", "rollback", "99", "--yes")
    assert (missing.code, "no state 99" in missing.err) == (2, True)
    (tmp_path / "bad.toml").write_text("[[channel]]\nreference = '@a_b_c'\nmod = 'x'\n")
    bad = await run("channels", "plan", "bad.toml")
    assert (bad.code, "there is no 'mod'" in bad.err, len(bad.err.splitlines())) == (2, True, 1)


async def test_invites_audit_erasing_and_messages_to_all(tmp_path):
    run = await earshot(tmp_path)
    (invite,) = json.loads((await run("people", "invites", "--json")).out)
    assert (invite["role"], invite["uses_left"]) == ("operator", 1)
    assert "code" not in invite
    assert (await run("people", "revoke", str(invite["id"]))).code == 0
    again = await run("people", "revoke", str(invite["id"]))
    assert (again.code, "no open invite" in again.err) == (2, True)
    unknown = await run("people", "erase", "7", "--yes")
    assert (unknown.code, "no person 7" in unknown.err) == (2, True)
    assert "0 people" in (await run("broadcast", "Увечері роботи", "--yes")).out
    too_long = await run("broadcast", "я" * 3001, "--yes")
    assert (too_long.code, "too long" in too_long.err) == (2, True)
    trail = json.loads((await run("audit", "--json")).out)
    assert [entry["act"] for entry in trail] == ["broadcast sent", "invite revoked", "invite made"]
    assert "Увечері" not in json.dumps(trail, ensure_ascii=False)
    only = json.loads((await run("audit", "--act", "invite made", "--json")).out)
    assert [entry["subject"] for entry in only] == [str(invite["id"])]
    assert json.loads((await run("audit", "--since", "2099-01-01", "--json")).out) == []
