"""The demo: a scripted morning on a loopback Telegram, and the proof that Earshot kept up."""
