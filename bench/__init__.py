"""`make bench`: what the way of a photo costs, each figure beside a floor of the same run.

Nothing here is asserted: a busy machine gives other times, and about the same ratios.
"""
