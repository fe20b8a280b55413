"""Campaigns: thousands of pruned networks simulated on the RTL, as a data set that can be stopped, resumed and extended."""
