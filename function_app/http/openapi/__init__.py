"""The API's description, made from the route table."""
