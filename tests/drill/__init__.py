"""The drill: what becomes of 1,000 photos when everything goes wrong.

`python -m tests.drill` runs it twice, with Nightjar and with an ordinary client.
"""
