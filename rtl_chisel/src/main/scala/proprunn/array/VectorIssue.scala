package proprunn.array

import chisel3._
import proprunn.config.AcceleratorConfig

/** What a weight vector carries through the whole array. */
class VectorTag extends Bundle {

  /** The tile ends here and its sums go to the drain. */
  val transfer = Bool()

  /** First vector behind a MARK. */
  val opens = Bool()

  /** Sums start with this vector. */
  val load    = Bool()
  val maximum = Bool()
  val pool    = Bool()

  /** Tokens to give when the vector has entered the sums. */
  val signalA = Bool()
  val signalB = Bool()
}

/** Where a tile stands in its map. */
class TilePosition(config: AcceleratorConfig) extends Bundle {

  /** Number of the tile; the top bit stays set once reached, which is beyond every memory. */
  val tile = UInt(24.W)

  /** First flat pixel, modulo 2**22. */
  val flat = UInt(22.W)

  /** Row of lane 0; the top bit stays set once reached, which is outside every map. */
  val y = UInt(18.W)

  /** Column of lane 0. */
  val x = UInt(16.W)
}

/** A weight vector as it enters the array. */
class VectorIssue(config: AcceleratorConfig) extends Bundle {
  val listAddress   = UInt(config.listMemory.elementAddressBits.W)
  val vectorAddress = UInt(config.vectorMemory.elementAddressBits.W)
  val position      = new TilePosition(config)

  /** First vector with new settings. */
  val newSettings = Bool()

  /** First vector of its tile. */
  val newTile    = Bool()
  val originFlat = UInt(22.W)
  val originY    = SInt(12.W)
  val originX    = SInt(12.W)
  val tag        = new VectorTag

  /** Index of the instruction. */
  val index = UInt(32.W)
}
