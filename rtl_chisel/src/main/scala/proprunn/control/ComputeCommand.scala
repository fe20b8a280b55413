package proprunn.control

import chisel3._
import proprunn.bundles.Instruction

/** A COMPUTE whose fields are checked and whose tokens are taken. */
class ComputeCommand extends Bundle {
  val instruction = new Instruction

  /** New settings take effect, and it starts at tile 0. */
  val fence = Bool()

  /** Behind new settings or MARK: it waits for the drains before it. */
  val settle = Bool()
}
