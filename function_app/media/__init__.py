"""The photo formats: JPEG, DNG (a kind of TIFF) and MP4.

Everything here reads bytes from outside: whatever they are, each function returns or raises one of
the errors it names, after a bounded amount of work.
"""
