"""The promises of the spool and the upload, each by its number (README: when something is in the
way). What proves them at length is in tests/spool, tests/pi_uploader/upload and tests/journey."""
