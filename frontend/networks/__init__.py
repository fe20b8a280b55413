"""Networks: upload, graph, layers, versions, differences."""
