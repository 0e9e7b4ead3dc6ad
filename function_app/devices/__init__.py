"""What devices report of themselves, and what people ask of them."""
