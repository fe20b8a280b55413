package proprunn.array

import chisel3._
import proprunn.config.AcceleratorConfig

/** The shape that COMPUTE walks, and what follows from it. */
class Geometry(config: AcceleratorConfig) extends Bundle {
  val pitch    = UInt(16.W)
  val inHeight = UInt(16.W)
  val inWidth  = UInt(16.W)
  val padValue = UInt(8.W)

  /** Rows and columns from tile to tile: lanes divided by pitch, and the remainder. */
  val stepY = UInt((config.laneBits + 1).W)
  val stepX = UInt((config.laneBits + 1).W)

  /** Row and column of each lane in tile 0. */
  val laneY = Vec(config.lanes, UInt(config.laneBits.W))
  val laneX = Vec(config.lanes, UInt(config.laneBits.W))
}

/** A half-open range of rows and one of columns: inside is `(y + addY) mod 2**19 < spanY`, the same for x. */
class Window extends Bundle {
  val addY  = UInt(19.W)
  val spanY = UInt(16.W)
  val addX  = UInt(19.W)
  val spanX = UInt(16.W)
}
