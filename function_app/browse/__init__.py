"""How photos are looked at: the list, one photo and its bytes, the session, and the page."""
