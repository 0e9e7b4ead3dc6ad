"""Who looks at photos, and how they show who they are: people, sessions, tokens, shared links."""
