package proprunn.control

import chisel3._
import proprunn.bundles.Instruction

/** An instruction that waits until all before it have ended: MARK, SYNC, or one that is refused. */
class Barrier extends Bundle {
  val instruction = new Instruction
  val mark        = Bool()
  val refused     = Bool()
  val code        = UInt(4.W)
}
