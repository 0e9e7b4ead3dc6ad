"""Motion in the picture: whether and where something moves. It needs numpy, which nothing else on
the device does: import it only for a camera that has a motion trigger or confirms one."""
