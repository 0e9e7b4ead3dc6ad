"""A camera that draws its photos, for tests and for `make run`."""
