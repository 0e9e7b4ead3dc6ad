"""Notifications: what people are told of photos and alerts, where, and what became of it."""
