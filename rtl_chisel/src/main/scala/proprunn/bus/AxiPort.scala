package proprunn.bus

import chisel3._

/** AXI4 master with one id bit, named so that a port `m_axi` has the standard flat signal names. Only incrementing bursts. */
class AxiPort(dramBytes: Int) extends Bundle {
  val arid    = Output(UInt(1.W))
  val araddr  = Output(UInt(32.W))
  val arlen   = Output(UInt(8.W))
  val arsize  = Output(UInt(3.W))
  val arburst = Output(UInt(2.W))
  val arvalid = Output(Bool())
  val arready = Input(Bool())

  val rid    = Input(UInt(1.W))
  val rdata  = Input(UInt((dramBytes * 8).W))
  val rresp  = Input(UInt(2.W))
  val rlast  = Input(Bool())
  val rvalid = Input(Bool())
  val rready = Output(Bool())

  val awid    = Output(UInt(1.W))
  val awaddr  = Output(UInt(32.W))
  val awlen   = Output(UInt(8.W))
  val awsize  = Output(UInt(3.W))
  val awburst = Output(UInt(2.W))
  val awvalid = Output(Bool())
  val awready = Input(Bool())

  val wdata  = Output(UInt((dramBytes * 8).W))
  val wstrb  = Output(UInt(dramBytes.W))
  val wlast  = Output(Bool())
  val wvalid = Output(Bool())
  val wready = Input(Bool())

  val bid    = Input(UInt(1.W))
  val bresp  = Input(UInt(2.W))
  val bvalid = Input(Bool())
  val bready = Output(Bool())
}

/** Constants of AXI4. */
object AxiPort {

  /** Response of a transfer that went well. */
  val okay = 0

  /** Burst type of rising addresses. */
  val incrementing = 1

  /** Beats of the longest burst used here. Bursts end at multiples of it, so none crosses a 4 KiB border. */
  val burstBeats = 64
}
