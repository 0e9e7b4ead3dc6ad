"""Photo formats, as far as inspection, thumbnails and shared links read them."""
