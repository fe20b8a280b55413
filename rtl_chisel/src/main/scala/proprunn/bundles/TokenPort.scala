package proprunn.bundles

import chisel3._

/** A unit's view of the dependency tokens; (a, b) are its two other units as `contracts/isa.py` orders them.
  *
  * The tokens are taken in the cycle in which both `request` and `grant` are true; `grant` follows from the counters and `waitA`,
  * `waitB` in the same cycle and does not depend on `request`.
  */
class TokenPort extends Bundle {
  val waitA   = Output(UInt(8.W))
  val waitB   = Output(UInt(8.W))
  val request = Output(Bool())
  val grant   = Input(Bool())

  /** Unit a has sent enough: tells apart what a unit waits for. */
  val enoughA = Input(Bool())

  /** One token to unit a, one to unit b, in this cycle. */
  val signalA = Output(Bool())
  val signalB = Output(Bool())
}
