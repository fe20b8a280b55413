package proprunn.memory

import chisel3._
import proprunn.config.ScratchShape

/** Read port of a scratchpad: the element follows one cycle after its address and stays until the next `enable`. */
class ScratchRead(shape: ScratchShape) extends Bundle {
  val enable  = Output(Bool())
  val address = Output(UInt(shape.elementAddressBits.W))
  val data    = Input(UInt(shape.elementBits.W))
}
