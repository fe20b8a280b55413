"""The learning side: data sets, networks, training, and the pruning and predictors built on them."""
