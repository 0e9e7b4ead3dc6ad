"""Who may do what: users, sessions, tokens, shared links, and the audit log. Rules, no HTTP."""
