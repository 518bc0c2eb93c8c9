"""Exports: the archive in the forms that other tools open. One module a format, listed here."""

from bot.publish.exports.export import ExportRefused as ExportRefused
from bot.publish.exports.export import ExportWish as ExportWish
from bot.publish.exports.export import Revisions as Revisions
from bot.publish.exports.export import write_export as write_export
