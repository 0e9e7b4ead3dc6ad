"""Alerts of the device: monitors notice, the outbox keeps, the reporter sends."""
