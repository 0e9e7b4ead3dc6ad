"""Real file systems with real faults: read-only, full, out of inodes, with a damaged inode.

They are mounted in a mount namespace that ends with its process, which takes root.
"""
