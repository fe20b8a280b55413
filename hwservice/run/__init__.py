"""What the pipeline is made of besides compiler and simulators: data files, kept results, checks, the report."""
