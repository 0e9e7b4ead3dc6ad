"""One story that a person can watch: what becomes of 1,000 photos when everything goes wrong.

`python -m tests.drill` tells it twice, with Nightjar and with an ordinary client.
"""
