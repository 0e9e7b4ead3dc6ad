"""Uploads: the routes, what is accepted, how a photo is named, and how it is stored."""
