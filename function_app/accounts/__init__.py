"""The API of accounts: sign-in, users, tokens, and the audit log."""
