package proprunn.control

import chisel3._
import proprunn.bundles.Instruction

/** A COMPUTE whose fields are checked and whose tokens are taken. */
class ComputeCommand extends Bundle {
  val instruction = new Instruction

  /** New settings take effect: it waits for the drains before it and starts at tile 0. */
  val fence = Bool()
}
