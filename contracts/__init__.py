"""What every part of ProPruNN agrees on: accelerators, the instruction set, networks, measurements, jobs and errors.

Nothing here imports anything else of the project.
"""
