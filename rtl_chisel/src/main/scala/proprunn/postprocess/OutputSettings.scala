package proprunn.postprocess

import chisel3._
import proprunn.array.Window

/** What drains do with their sums: the fields of OUTPUT and what follows from them. */
class OutputSettings extends Bundle {
  val window  = new Window
  val scatter = Bool()

  /** Pixels from row to row of a phase plane. */
  val pitch     = UInt(16.W)
  val strideY   = UInt(4.W)
  val strideX   = UInt(4.W)

  /** Odd columns lie half the lanes further. */
  val paired    = Bool()
  val phaseRows = UInt(16.W)

  /** `strideX * phaseRows`: bank rows from one row phase to the next. */
  val rowPhaseRows   = UInt(20.W)
  val offset         = SInt(24.W)
  val midWide        = Bool()

  /** Lower limits are at most the upper ones, which prevail. */
  val midLow         = SInt(9.W)
  val midHigh        = SInt(9.W)
  val mainMultiplier = UInt(16.W)
  val skipMultiplier = SInt(16.W)

  /** Second shift, at most `Requantiser.secondShiftLimit`, and what is added before it: half a unit less one. */
  val shift    = UInt(6.W)
  val addend   = UInt(36.W)
  val lost     = UInt(36.W)
  val skipZero = UInt(8.W)
  val outZero  = UInt(8.W)
  val low      = UInt(8.W)
  val high     = UInt(8.W)
}
