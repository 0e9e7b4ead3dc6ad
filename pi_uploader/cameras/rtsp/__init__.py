"""A network camera that streams by RTSP (RFC 2326), its password kept by a relay."""
