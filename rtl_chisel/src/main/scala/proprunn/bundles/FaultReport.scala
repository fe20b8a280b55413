package proprunn.bundles

import chisel3._

/** Why an instruction cannot be executed, and which; always used as `Valid(new FaultReport)`, which then stays valid until START. */
class FaultReport extends Bundle {
  val code  = UInt(4.W)
  val index = UInt(32.W)
}
