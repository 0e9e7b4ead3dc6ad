"""The agent: reports this device's state to the backend, and executes its commands."""
