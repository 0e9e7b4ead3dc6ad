"""How long photos are kept: deletion, retention, and repair of what is not as it should be."""
