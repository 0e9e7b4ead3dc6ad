"""The file formats of photos and clips: what cameras add to a JPEG, a DNG or an MP4."""
