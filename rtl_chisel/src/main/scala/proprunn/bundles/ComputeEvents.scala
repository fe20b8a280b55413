package proprunn.bundles

import chisel3._
import chisel3.util.log2Ceil
import proprunn.config.AcceleratorConfig

/** What a cycle was spent on; exactly one is true in every cycle. */
class CycleCause extends Bundle {
  val issued     = Bool()
  val stallDrain = Bool()
  val stallLoad  = Bool()
  val stallStore = Bool()
  val stallFence = Bool()
  val stallFetch = Bool()
}

/** What the counters count of the compute unit and of the banks in one cycle. */
class ComputeEvents(config: AcceleratorConfig) extends Bundle {
  val cause = new CycleCause

  /** Cells that did useful work in this cycle. */
  val usefulCells = UInt(log2Ceil(config.rows * config.lanes + 1).W)

  /** A vector is issued, for which the array reads a bank row. */
  val bankRead = Bool()

  /** A drain or the load unit wrote banks. */
  val bankWrite = Bool()

  /** A filter left the drain registers. */
  val drain = Bool()

  /** A bank row was read for a skip plane or for the store unit. */
  val skipRead = Bool()
}
