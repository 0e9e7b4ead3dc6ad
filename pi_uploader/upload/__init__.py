"""The upload process: choose a photo, send it, and remove it from the spool on its receipt."""
