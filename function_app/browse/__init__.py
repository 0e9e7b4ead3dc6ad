"""Routes that show photos: lists, events, content and thumbnails."""
