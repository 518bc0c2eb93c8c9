"""The manifest beside an export: what its files hash to, under which head, signed by the log's key.

It shows later that an export is still what was written, and of which state of the archive; what its
rows were before, only a bag proves.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.publish.evidence.facts import canonical
from bot.publish.evidence.heads import HeadError, is_signed_by, parse_note
from bot.publish.evidence.manifests import digests
from bot.publish.evidence.report import Report
from bot.publish.log import note_of
from bot.publish.signing import SigningKey, is_valid
from storage.records import SignedHead

_SUFFIX = ".manifest.json"
_ALGORITHM = "sha256"


def manifest_path(export: Path) -> Path:
    """Say where the manifest of an export lies."""
    return export.with_name(f"{export.name}{_SUFFIX}")


def exported_by(manifest: Path) -> Path:
    """Say which export a manifest is of."""
    return manifest.with_name(manifest.name.removesuffix(_SUFFIX))


def is_manifest(path: Path) -> bool:
    """Say whether a path has the name of a manifest."""
    return path.name.endswith(_SUFFIX)


def write_manifest(export: Path, choice: str, head: SignedHead, key: SigningKey) -> Path:
    """Write the manifest of an export that is whole; `choice` says in words what was exported."""
    content: dict[str, Any] = {
        "choice": choice,
        "files": dict(_hashes(export)),
        "head": note_of(head),
        "public_key": base64.b64encode(key.public).decode(),
    }
    signature = base64.b64encode(key.sign(canonical(content))).decode()
    target = manifest_path(export)
    draft = target.with_name(f".{target.name}.part")
    draft.write_text(
        json.dumps({**content, "signature": signature}, ensure_ascii=False, indent=1) + "\n",
        encoding="utf-8",
    )
    draft.replace(target)
    return target


def _hashes(export: Path) -> Iterator[tuple[str, str]]:
    """Give the files of an export by their path in it; a single file is named "."."""
    if export.is_file():
        yield ".", digests(export)[_ALGORITHM]
        return
    for path in sorted(export.rglob("*")):
        if path.is_file():
            yield path.relative_to(export).as_posix(), digests(path)[_ALGORITHM]


def check_export(export: Path, earlier: str | None = None) -> Report:
    """Check an export against its manifest. `earlier` is a signed head that was kept elsewhere."""
    report = Report(str(export))
    manifest = manifest_path(export)
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
        signature = base64.b64decode(content.pop("signature"), validate=True)
        key = base64.b64decode(content["public_key"], validate=True)
        head, its = parse_note(content["head"])
        files = dict(content["files"])
    except FileNotFoundError:
        report.fail(manifest.name, "it is gone: nothing says what the export was")
        return report
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, HeadError):
        report.fail(manifest.name, "it is no manifest that can be read")
        return report
    if not is_valid(key, canonical(content), signature):
        report.fail(manifest.name, "it was changed: its signature is not over what it says")
    if not is_signed_by(key, head, its, is_valid):
        report.fail(manifest.name, "the head in it is not signed by its key")
    report.check(f"the manifest is signed by the key {head.name}", 0)
    _check_files(export, files, report)
    _check_given(earlier, key, report)
    return report


def _check_files(export: Path, files: dict[str, str], report: Report) -> None:
    before = report.count
    found = dict(_hashes(export)) if export.exists() else {}
    for name in sorted(files.keys() | found.keys()):
        where = export.name if name == "." else f"{export.name}/{name}"
        if name not in found:
            report.fail(where, "this file is gone")
        elif name not in files:
            report.fail(where, "this file was added")
        elif files[name] != found[name]:
            report.fail(where, "this file was changed since it was exported")
    report.check(f"{len(files)} files are as they were exported", before)


def _check_given(earlier: str | None, key: bytes, report: Report) -> None:
    if earlier is None:
        report.open.append("whose key it is that signed: compare it with what the owner gave out")
        return
    try:
        head, signature = parse_note(earlier)
    except HeadError as error:
        report.fail("the given head", f"it cannot be read: {error}")
        return
    if is_signed_by(key, head, signature, is_valid):
        report.holds.append("the given head is signed by the key of this export")
    else:
        report.fail("the given head", "it is not signed by the key of this export")
