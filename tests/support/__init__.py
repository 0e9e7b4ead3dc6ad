"""The tools that prove what the spool and the uploader promise."""
