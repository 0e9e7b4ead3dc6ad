"""One machine: Azurite, a local Functions host over the real backend, and a simulated device."""
