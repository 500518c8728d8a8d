"""OCPI objects as data: strict JSON, typed structs per version, validation and the transforms between versions.

Pure Python: nothing here imports Django, reads a file of ours or asks a clock.
"""
