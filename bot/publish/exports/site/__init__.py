"""A static site of an archive: readable offline from a folder, without a request to anywhere."""

from bot.publish.exports.site.writer import Site as Site
