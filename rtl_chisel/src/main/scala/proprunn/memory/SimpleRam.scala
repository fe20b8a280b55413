package proprunn.memory

import chisel3._
import chisel3.util.log2Ceil

/** Block RAM with a read and a write port. The output holds its value while not reading. */
class SimpleRam(width: Int, depth: Int)
    extends ExtModule(Map("WIDTH" -> IntParam(width), "DEPTH" -> IntParam(depth), "ADDRESS" -> IntParam(log2Ceil(depth)))) {
  require(width >= 1 && depth >= 2, s"RAM of $depth words of $width bits; it must have at least 2 words of 1 bit")
  private val addressBits = log2Ceil(depth)

  val clock        = IO(Input(Clock()))
  val readEnable   = IO(Input(Bool()))
  val readAddress  = IO(Input(UInt(addressBits.W)))
  val readData     = IO(Output(UInt(width.W)))
  val writeEnable  = IO(Input(Bool()))
  val writeAddress = IO(Input(UInt(addressBits.W)))
  val writeData    = IO(Input(UInt(width.W)))

  override def desiredName: String = "SimpleRam"
  setInline(
    "SimpleRam.sv",
    """module SimpleRam #(parameter WIDTH = 8, parameter DEPTH = 16, parameter ADDRESS = 4) (
      |  input  wire               clock,
      |  input  wire               readEnable,
      |  input  wire [ADDRESS-1:0] readAddress,
      |  output reg  [WIDTH-1:0]   readData,
      |  input  wire               writeEnable,
      |  input  wire [ADDRESS-1:0] writeAddress,
      |  input  wire [WIDTH-1:0]   writeData
      |);
      |  (* ram_style = "block" *) reg [WIDTH-1:0] memory [0:DEPTH-1];
      |  always @(posedge clock) if (readEnable) readData <= memory[readAddress];
      |  always @(posedge clock) if (writeEnable) memory[writeAddress] <= writeData;
      |endmodule
      |""".stripMargin
  )
}
