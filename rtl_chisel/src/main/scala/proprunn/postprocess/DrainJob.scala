package proprunn.postprocess

import chisel3._
import chisel3.util.log2Ceil
import proprunn.config.AcceleratorConfig

/** What a drained tile, or one that is only walked past, means to those behind the array. */
class TileWork extends Bundle {

  /** Number of the tile, as in `TilePosition`. */
  val tile = UInt(24.W)

  /** Only lane 0 is written, with the sum over all lanes. */
  val pool = Bool()

  /** Tokens to give when the last row of the tile is written. */
  val signalA = Bool()
  val signalB = Bool()

  /** Index of the instruction. */
  val index = UInt(32.W)

  /** First tile behind new settings or MARK: nothing of it is drained before all drains before it are written. */
  val fresh = Bool()

  /** The scatter walk starts at pixel 0 here. */
  val restart = Bool()

  /** The scatter walk comes back to the start of this tile: first and last tile of an instruction that holds the cursor. */
  val save    = Bool()
  val restore = Bool()
}

/** Work for the drain, one per tile, in order. */
class DrainJob(config: AcceleratorConfig) extends Bundle {

  /** Rows to drain; 0 where the scatter walk only has to pass the tile. */
  val rows   = UInt(log2Ceil(config.rows + 1).W)
  val record = UInt(config.recordMemory.elementAddressBits.W)
  val work   = new TileWork
}

/** One row of a job with its filter record. */
class RowWork extends Bundle {
  val work = new TileWork

  /** There are sums to drain. */
  val real = Bool()

  /** First row of its tile. */
  val first = Bool()

  /** Last row of its tile. */
  val last       = Bool()
  val bias       = SInt(32.W)
  val multiplier = UInt(16.W)
  val shift      = UInt(6.W)
  val skipEnable = Bool()
  val outRow     = UInt(20.W)
  val skipRow    = UInt(20.W)
}

/** What a row carries around the requantiser to its bank write. */
class RowTarget(config: AcceleratorConfig) extends Bundle {
  val work   = new TileWork
  val last   = Bool()
  val outRow = UInt(20.W)

  /** Lanes to write. */
  val mask = UInt(config.lanes.W)
}
