"""Deletion, retention, and repair of the index: what is done to photos after they were stored."""
