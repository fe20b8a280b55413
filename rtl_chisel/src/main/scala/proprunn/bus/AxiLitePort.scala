package proprunn.bus

import chisel3._

/** AXI4-Lite slave of 32-bit registers, named so that a port `s_axi` has the standard flat signal names. */
class AxiLitePort extends Bundle {
  val awaddr  = Input(UInt(8.W))
  val awvalid = Input(Bool())
  val awready = Output(Bool())

  val wdata  = Input(UInt(32.W))
  val wstrb  = Input(UInt(4.W))
  val wvalid = Input(Bool())
  val wready = Output(Bool())

  val bresp  = Output(UInt(2.W))
  val bvalid = Output(Bool())
  val bready = Input(Bool())

  val araddr  = Input(UInt(8.W))
  val arvalid = Input(Bool())
  val arready = Output(Bool())

  val rdata  = Output(UInt(32.W))
  val rresp  = Output(UInt(2.W))
  val rvalid = Output(Bool())
  val rready = Input(Bool())
}
