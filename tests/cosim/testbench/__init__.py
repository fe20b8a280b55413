"""A cocotb testbench of the top module `Accelerator`: drivers, a DRAM model, a monitor and a checker."""
