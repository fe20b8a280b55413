package proprunn.memory

import chisel3._
import chisel3.util.log2Ceil

/** True dual-port block RAM: a read port, and a port that reads or writes. Outputs hold their value while their port is not reading. */
class DualPortRam(width: Int, depth: Int)
    extends ExtModule(Map("WIDTH" -> IntParam(width), "DEPTH" -> IntParam(depth), "ADDRESS" -> IntParam(log2Ceil(depth)))) {
  require(width >= 1 && depth >= 2, s"RAM of $depth words of $width bits; it must have at least 2 words of 1 bit")
  private val addressBits = log2Ceil(depth)

  val clock       = IO(Input(Clock()))
  val readEnable  = IO(Input(Bool()))
  val readAddress = IO(Input(UInt(addressBits.W)))
  val readData    = IO(Output(UInt(width.W)))

  /** Second port: nothing, a read, or a write that takes place with `mask`. */
  val enable    = IO(Input(Bool()))
  val write     = IO(Input(Bool()))
  val mask      = IO(Input(Bool()))
  val address   = IO(Input(UInt(addressBits.W)))
  val writeData = IO(Input(UInt(width.W)))
  val data      = IO(Output(UInt(width.W)))

  override def desiredName: String = "DualPortRam"
  setInline(
    "DualPortRam.sv",
    """module DualPortRam #(parameter WIDTH = 8, parameter DEPTH = 16, parameter ADDRESS = 4) (
      |  input  wire               clock,
      |  input  wire               readEnable,
      |  input  wire [ADDRESS-1:0] readAddress,
      |  output reg  [WIDTH-1:0]   readData,
      |  input  wire               enable,
      |  input  wire               write,
      |  input  wire               mask,
      |  input  wire [ADDRESS-1:0] address,
      |  input  wire [WIDTH-1:0]   writeData,
      |  output reg  [WIDTH-1:0]   data
      |);
      |  (* ram_style = "block" *) reg [WIDTH-1:0] memory [0:DEPTH-1];
      |  always @(posedge clock) if (readEnable) readData <= memory[readAddress];
      |  always @(posedge clock) if (enable) begin
      |    if (!write) data <= memory[address];
      |    else if (mask) memory[address] <= writeData;
      |  end
      |endmodule
      |""".stripMargin
  )
}
