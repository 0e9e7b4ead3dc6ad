"""How a photo comes in: the PUT, a look at its bytes, and the rules for what is stored."""
