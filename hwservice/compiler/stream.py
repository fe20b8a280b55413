"""Pass: layers of which not one band fits whole. Slices of their sources pass through the chip while the sums stay in the array.

For each filter group and tile, the vectors of one slice after the other are added; slices that are still on chip are used again,
which is why every second tile takes them in reverse. Sums over whole maps take slices of channels and of rows.
"""
