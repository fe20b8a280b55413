package proprunn.array

import chisel3._
import chisel3.util.Fill
import proprunn.config.{AcceleratorConfig, Lanes}
import proprunn.memory.BankRows

/** Where a vector's activations are, and which lanes take part. */
class VectorSource(config: AcceleratorConfig) extends Bundle {
  val rows = new BankRows(config)

  /** The lower or upper row does not exist. */
  val lowerBeyond = Bool()
  val upperBeyond = Bool()

  /** Bank of lane 0. */
  val shift = UInt(config.laneBits.W)

  /** Lanes inside the source plane. */
  val inside = UInt(config.lanes.W)

  /** Lanes inside the output window. */
  val window        = UInt(config.lanes.W)
  val padValue      = UInt(8.W)
  val vectorAddress = UInt(config.vectorMemory.elementAddressBits.W)
  val tag           = new VectorTag
  val index         = UInt(32.W)

  /** A lane inside the source plane reads a row that does not exist. */
  def readsBeyond: Bool = {
    val upper = Lanes.from(0.U -% shift, inside.getWidth) & Fill(inside.getWidth, shift.orR) // lane 0 stands in bank `shift`
    (lowerBeyond && (inside & ~upper).orR) || (upperBeyond && (inside & upper).orR)
  }
}
