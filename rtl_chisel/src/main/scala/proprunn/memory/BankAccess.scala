package proprunn.memory

import chisel3._
import proprunn.config.AcceleratorConfig

/** Rows of the banks: two neighbours, and which banks take the upper one. */
class BankRows(config: AcceleratorConfig) extends Bundle {
  val lower = UInt(config.rowBits.W)
  val upper = UInt(config.rowBits.W)

  /** Bit per bank: it takes `upper`. */
  val useUpper = UInt(config.lanes.W)
}

/** A write of up to `lanes` neighbouring pixels; `data` and `mask` are by bank. */
class BankStore(config: AcceleratorConfig) extends Bundle {
  val rows = new BankRows(config)
  val data = Vec(config.lanes, UInt(8.W))
  val mask = UInt(config.lanes.W)
}
