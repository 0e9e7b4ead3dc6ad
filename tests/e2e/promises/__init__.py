"""The promises of docs/proof.md, each by its number. Longer tests of them are in
tests/pi_uploader/spool, tests/pi_uploader/upload and tests/e2e."""
