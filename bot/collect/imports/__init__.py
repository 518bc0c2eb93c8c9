"""Files of older exports → posts: Telegram Desktop's `result.json`, and JSON Lines of our own."""
