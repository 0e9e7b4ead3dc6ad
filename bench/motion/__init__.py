"""How well motion is detected: labelled clips that are drawn, baselines, and a table of both.

python -m bench.motion --help
"""
