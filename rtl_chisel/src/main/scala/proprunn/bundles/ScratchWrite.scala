package proprunn.bundles

import chisel3._
import proprunn.config.ScratchShape

/** A write of one physical word of a scratchpad (`Valid`: it is always taken). */
class ScratchWrite(shape: ScratchShape) extends Bundle {
  val address = UInt(shape.wordAddressBits.W)
  val data    = UInt(shape.wordBits.W)
}
