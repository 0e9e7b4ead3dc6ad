"""The queue of what people may have to be told of: its messages, and who puts them."""
