"""Every way in which a bag or an archive is changed by tests; each says what must be named."""

import base64
import json
import sqlite3

import pyarrow.parquet
from bags import remanifest


class Forger:
    """Changes one thing in a copy of a bag; says which file a report must name."""

    def __init__(self, bag, chance):
        self.bag = bag
        self.chance = chance

    def files(self):
        return sorted(path for path in self.bag.rglob("*") if path.is_file())

    def one(self, but=None):
        return self.chance.choice([path for path in self.files() if path != but])

    def name(self, path):
        return path.relative_to(self.bag).as_posix()

    def change_byte(self):
        path = self.one()
        content = bytearray(path.read_bytes()) or bytearray(b"\0")
        at = self.chance.randrange(len(content))
        content[at] ^= 1 << self.chance.randrange(8)
        path.write_bytes(content)
        return self.name(path)

    def add_byte(self):
        path = self.one()
        content = path.read_bytes()
        at = self.chance.randrange(len(content) + 1)
        path.write_bytes(content[:at] + self.chance.randbytes(1) + content[at:])
        return self.name(path)

    def remove_byte(self):
        path = self.chance.choice([path for path in self.files() if path.stat().st_size])
        content = path.read_bytes()
        at = self.chance.randrange(len(content))
        path.write_bytes(content[:at] + content[at + 1 :])
        return self.name(path)

    def remove_file(self):
        path = self.one()
        path.unlink()
        return self.name(path)

    def add_file(self):
        path = self.one().with_name(f"x{self.chance.randrange(99)}.txt")
        path.write_bytes(self.chance.randbytes(5))
        return self.name(path)

    def swap_files(self):
        one = self.one()
        other = self.chance.choice(
            [path for path in self.files() if path.read_bytes() != one.read_bytes()]
        )
        first, second = one.read_bytes(), other.read_bytes()
        one.write_bytes(second)
        other.write_bytes(first)
        return self.name(one)

    # A forger who knows bags: the manifests are written anew, only the log tells.

    def table(self, *names):
        return self.bag / "data" / self.chance.choice(names or ("revisions.jsonl",))

    def rows(self, path):
        return path.read_bytes().splitlines(keepends=True)

    def put(self, path, rows):
        path.write_bytes(b"".join(rows))
        remanifest(self.bag)

    def change_row(self):
        path = self.table("revisions.jsonl", "deletions.jsonl", "acts.jsonl", "coverage.jsonl")
        rows = self.rows(path)
        at = self.chance.randrange(len(rows))
        row = json.loads(rows[at])
        free = {"leaf_hash", "posted_at", "link", "account_label", "title", "username"}
        if path.name == "coverage.jsonl":
            free = {"leaf_hash"}
        name = self.chance.choice(sorted(row.keys() - free))
        old = row[name]
        row[name] = old + 1 if isinstance(old, int) else f"{old or ''}x"
        rows[at] = json.dumps(row, ensure_ascii=False, sort_keys=True).encode() + b"\n"
        self.put(path, rows)
        return f"data/{path.name}, line {at + 1}"

    def remove_row(self):
        path = self.table("revisions.jsonl", "deletions.jsonl", "acts.jsonl", "coverage.jsonl")
        rows = self.rows(path)
        rows.pop(self.chance.randrange(len(rows)))
        self.put(path, rows)
        return f"data/{path.name}"

    def add_row(self):
        path = self.table("revisions.jsonl", "deletions.jsonl", "acts.jsonl")
        rows = self.rows(path)
        rows.insert(self.chance.randrange(len(rows) + 1), self.chance.choice(rows))
        self.put(path, rows)
        return f"data/{path.name}"

    def swap_rows(self):
        path = self.table()
        rows = self.rows(path)
        one, other = self.chance.sample(range(len(rows)), 2)
        rows[one], rows[other] = rows[other], rows[one]
        self.put(path, rows)
        return f"data/{path.name}"

    def change_media(self):
        (file,) = [path for path in (self.bag / "data" / "media").rglob("*") if path.is_file()]
        file.write_bytes(self.chance.randbytes(50))
        remanifest(self.bag)
        return f"data/media/{file.parent.name}/{file.name}"

    def change_log(self):
        path = self.table("log.jsonl")
        rows = self.rows(path)
        at = self.chance.randrange(len(rows))
        if self.chance.random() < 0.5:
            row = json.loads(rows[at])
            row["hash"] = self.chance.randbytes(32).hex()
            rows[at] = json.dumps(row).encode() + b"\n"
        else:
            rows.pop(at)
        self.put(path, rows)
        return "data/log.jsonl"

    def change_readable(self):
        path = self.table("revisions.csv")
        content = path.read_bytes()
        at = content.index(b"channel_0", self.chance.randrange(len(content) // 2))
        path.write_bytes(content[:at] + b"chamber_0" + content[at + 9 :])
        remanifest(self.bag)
        return "data/revisions.csv"

    def change_head(self):
        path = self.table("heads.jsonl")
        content = path.read_bytes()
        at = content.index(b"2026-") + 5
        path.write_bytes(content[:at] + b"0" + content[at + 1 :])
        if path.read_bytes() == content:
            path.write_bytes(content[:at] + b"9" + content[at + 1 :])
        remanifest(self.bag)
        return "data/heads.jsonl"

    def change_key(self):
        path = self.table("key.txt")
        path.write_bytes(base64.b64encode(self.chance.randbytes(32)) + b"\n")
        remanifest(self.bag)
        return "data/heads.jsonl"

    def change_parquet(self):
        path = self.table(*(path.name for path in (self.bag / "data").glob("*.parquet")))
        table = pyarrow.parquet.read_table(path)
        rows = table.to_pylist()
        at = self.chance.randrange(len(rows))
        match self.chance.choice(["change", "remove", "add", "swap"]):
            case "change":
                name = self.chance.choice(sorted(rows[at]))
                others = [row[name] for row in rows if row[name] != rows[at][name]]
                rows[at][name] = self.chance.choice(others) if others else None
            case "remove":
                rows.pop(at)
            case "add":
                rows.insert(at, rows[at])
            case "swap":
                rows.reverse()
        changed = pyarrow.Table.from_pylist(rows, schema=table.schema)
        if changed.equals(table):
            return self.change_parquet()  # what was drawn changes nothing
        pyarrow.parquet.write_table(changed, path)
        remanifest(self.bag)
        return f"data/{path.name}"


IMPORTED = "source = 'import'"
POST_COLUMNS = (  # all but `lang`, which is a guess that may change with a version
    *("text", "deleted_at", "first_seen_at", "source", "message_id", "posted_at", "edited_at"),
    *("has", "marks", "origin", "origin_name", "origin_id", "origin_message_id", "reply_to"),
    *("grouped_id", "picture_text_at", "links"),
)


class Tampering:
    """Changes one thing in a copy of the archive; says which names a report of it must have."""

    def __init__(self, connection, chance, media):
        self.connection = connection
        self.media = media
        self.chance = chance

    def row(self, table, key="id", where="1"):
        asked = f"SELECT {key} FROM {table} WHERE {where}"
        return self.chance.choice([row[0] for row in self.connection.execute(asked)])

    def column(self, table, key, number, *columns):
        """Change one column to another value of its type; another if that one may not be."""
        column = self.chance.choice(columns)
        (old,) = self.connection.execute(
            f"SELECT {column} FROM {table} WHERE {key} = ?", (number,)
        ).fetchone()
        try:
            self.connection.execute(
                f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (self.other(old), number)
            )
        except sqlite3.IntegrityError:
            return self.column(table, key, number, *columns)
        return column

    def other(self, old):
        match old:
            case int():
                return old ^ (1 << self.chance.randrange(20))
            case bytes() if old:
                at = self.chance.randrange(len(old))
                bit = 1 << self.chance.randrange(8)
                return old[:at] + bytes([old[at] ^ bit]) + old[at + 1 :]
            case str() if old:
                at = self.chance.randrange(len(old))
                other = chr(ord(old[at]) ^ 1)
                return old[:at] + other + old[at + 1 :]
            case bytes():
                return b"x"
        return "x" if old in ("", None) else None

    # One method for each way; what it returns must be named by a mismatch.

    def change_revision(self, where="1"):
        number = self.row("revisions", where=where)
        self.column(
            *("revisions", "id", number),
            *("message_id", "number", "seen_at", "source", "account_id", "text", "body_length"),
            *("entities", "raw", "sha256", "content_hash", "post_id", "channel_id"),
        )
        return f"revision {number}"

    def change_imported_revision(self):
        return self.change_revision(IMPORTED)

    def remove_revision(self):
        number = self.row("revisions")
        self.connection.execute("DELETE FROM revisions WHERE id = ?", (number,))
        return f"revision {number}"

    def swap_revisions(self):
        one = self.row("revisions")
        other = self.row("revisions", where=f"id <> {one}")
        for a, b in ((one, 900), (other, one), (900, other)):
            self.connection.execute("UPDATE revisions SET id = ? WHERE id = ?", (b, a))
        return f"revision {min(one, other)}"

    def swap_texts(self):
        one = self.row("revisions")
        (text,) = self.connection.execute(
            "SELECT text FROM revisions WHERE id = ?", (one,)
        ).fetchone()
        other, its = self.chance.choice(
            self.connection.execute(
                "SELECT id, text FROM revisions WHERE text <> ?", (text,)
            ).fetchall()
        )
        self.connection.execute("UPDATE revisions SET text = ? WHERE id = ?", (its, one))
        self.connection.execute("UPDATE revisions SET text = ? WHERE id = ?", (text, other))
        return f"revision {one}"

    def add_revision_behind(self):
        """Put a row where its number was passed long ago."""
        self.copy("revisions", self.row("revisions"), -self.chance.randrange(1, 100), number=99)
        return "revision -"

    def copy(self, table, key, to, **changed):
        names = [row[1] for row in self.connection.execute(f"PRAGMA table_info({table})")]
        row = self.connection.execute(
            f"SELECT {', '.join(names)} FROM {table} WHERE id = ?", (key,)
        ).fetchone()
        values = dict(zip(names, row, strict=True)) | {"id": to} | changed
        marks = ", ".join("?" * len(names))
        self.connection.execute(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})",
            [values[name] for name in names],
        )

    def change_mark(self):
        number = self.row("deletions")
        self.column("deletions", "id", number, "message_id", "seen_at", "source", "post_id")
        return f"deletion {number}"

    def remove_mark(self):
        number = self.row("deletions")
        self.connection.execute("DELETE FROM deletions WHERE id = ?", (number,))
        return f"deletion {number}"

    def change_act(self):
        number = self.row("audit")
        self.column("audit", "id", number, "at", "actor", "act", "subject", "detail")
        return f"audit {number}"

    def remove_act(self):
        number = self.row("audit")
        self.connection.execute("DELETE FROM audit WHERE id = ?", (number,))
        return f"audit {number}"

    def change_statement(self):
        number = self.row("coverage_statements")
        self.column("coverage_statements", "id", number, "ranges", "at", "telegram_id", "title")
        return f"coverage {number}"

    def change_fetch(self):
        self.column("media_fetches", "id", 1, "sha256", "length", "name", "at", "file_id")
        return "file 1"

    def change_file(self):
        (file,) = [path for path in self.media.rglob("*") if path.is_file()]
        content = bytearray(file.read_bytes())
        content[self.chance.randrange(len(content))] ^= 1 << self.chance.randrange(8)
        file.write_bytes(content)
        return f"media file {file.name}"

    def remove_file(self):
        (file,) = [path for path in self.media.rglob("*") if path.is_file()]
        file.unlink()
        return f"media file {file.name}"

    def change_leaf(self):
        position = self.row("log_leaves", "position")
        self.column("log_leaves", "position", position, "hash")
        return f"log leaf {position}"

    def remove_leaf(self):
        position = self.row("log_leaves", "position")
        self.connection.execute("DELETE FROM log_leaves WHERE position = ?", (position,))
        last = self.connection.execute("SELECT max(position) FROM log_leaves").fetchone()[0]
        return f"log leaf {position}" if position < last else "log"

    def swap_leaves(self):
        one = self.row("log_leaves", "position")
        self.connection.execute("UPDATE log_leaves SET position = -1 WHERE position = ?", (one,))
        other = self.row("log_leaves", "position")
        while other < 0:
            other = self.row("log_leaves", "position")
        for a, b in ((other, one), (-1, other)):
            self.connection.execute("UPDATE log_leaves SET position = ? WHERE position = ?", (b, a))
        return "log"

    def change_head(self):
        number = self.row("log_heads")
        self.column("log_heads", "id", number, "size", "root", "signed_at", "signature")
        return f"signed head {number}"

    def remove_head(self):
        number = self.row("log_heads")
        self.connection.execute("DELETE FROM log_heads WHERE id = ?", (number,))
        return "signed head"

    def change_post(self, where="1"):
        number = self.row("posts", where=where)
        column = self.column("posts", "id", number, *POST_COLUMNS)
        return f"post {number}: {column}"

    def change_imported_post(self):
        return self.change_post(IMPORTED)

    def swap_imported_times(self):
        """Make two posts of a file swap their times of posting."""
        one = self.row("posts", where=IMPORTED)
        other = self.row("posts", where=f"{IMPORTED} AND id <> {one}")
        (its,), (theirs,) = (
            self.connection.execute(
                "SELECT posted_at FROM posts WHERE id = ?", (number,)
            ).fetchone()
            for number in (one, other)
        )
        for number, at in ((one, theirs), (other, its)):
            self.connection.execute("UPDATE posts SET posted_at = ? WHERE id = ?", (at, number))
        return f"post {one}: posted_at" if its != theirs else "post"

    def move_channel(self):
        number = self.row("channels")
        self.column("channels", "id", number, "telegram_id")
        return f"channel {number}"

    def shorten_coverage(self):
        self.connection.execute("UPDATE coverage SET high = high - 3 WHERE low < 50")
        return "coverage of channel"

    def move_cursor(self):
        self.connection.execute("UPDATE cursors SET position = position - 1 WHERE name LIKE 'log%'")
        return "cursor log"


def ways(of):
    """Name the ways in which a class changes things."""
    kinds = ("change_", "add_", "remove_", "swap_", "move_", "shorten_")
    return [name for name in vars(of) if name.startswith(kinds)]
