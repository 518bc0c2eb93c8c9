"""Earshot's stages, in the order the data flows; `app` wires them."""
