package proprunn.memory

import chisel3._
import proprunn.config.AcceleratorConfig

/** Two neighbouring rows of the banks. */
class RowPair(config: AcceleratorConfig) extends Bundle {
  val lower = UInt(config.rowBits.W)
  val upper = UInt(config.rowBits.W)
}

/** Rows of the banks: two neighbours, and which banks take the upper one. */
class BankRows(config: AcceleratorConfig) extends RowPair(config) {

  /** Bit per bank: it takes `upper`. */
  val useUpper = UInt(config.lanes.W)
}

/** A write of up to `lanes` pixels, which are neighbours in one or two places; `data` and `mask` are by bank. */
class BankStore(config: AcceleratorConfig) extends Bundle {
  val rows = new BankRows(config)

  /** The other place, and which banks take part there; `rows.useUpper` holds for both. */
  val far    = new RowPair(config)
  val useFar = UInt(config.lanes.W)
  val data = Vec(config.lanes, UInt(8.W))
  val mask = UInt(config.lanes.W)
}
