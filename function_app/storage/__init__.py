"""Where photos are kept: the bytes in blobs, which are the truth, and an index in a table."""
