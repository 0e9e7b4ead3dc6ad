"""`make bench`: what each step of a photo costs, beside the possible minimum.

Nothing here is asserted: on a busy machine the times differ, but the ratios hardly do.
"""
