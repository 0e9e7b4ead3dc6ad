"""Plain programs that do what a part of Nightjar does, to compare it with."""
