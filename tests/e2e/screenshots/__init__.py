"""Pictures of every page in every state, which people look at: `make screenshots` takes them. They
are no part of the everyday suite."""
