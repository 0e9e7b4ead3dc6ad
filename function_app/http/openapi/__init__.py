"""The API's description, written from the route table that serves it."""
