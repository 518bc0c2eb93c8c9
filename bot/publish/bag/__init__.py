"""Bags (RFC 8493): rows, files and the slice of the log that proves them, for court and archive."""

from bot.publish.bag.export import BagRefused as BagRefused
from bot.publish.bag.export import BagWish as BagWish
from bot.publish.bag.export import write_bag as write_bag
