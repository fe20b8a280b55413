package proprunn.postprocess

import chisel3._

/** Where the scatter walk stands, kept without divisions. */
class ScatterState extends Bundle {

  /** Pixels left in the map row, and the column. */
  val left = UInt(16.W)
  val x    = UInt(16.W)

  /** `x mod strideX`, `x / strideX` and bank rows of that column phase; kept for strides above 2 only. */
  val xMod      = UInt(4.W)
  val xDiv      = UInt(16.W)
  val columnRow = UInt(20.W)

  /** `y mod strideY`, bank rows of that row phase, and first flat pixel of the row in its phase plane. */
  val yMod   = UInt(4.W)
  val rowRow = UInt(24.W)
  val base   = SInt(WriteRun.linearBits.W)

  /** This state `n` pixels on, within the map row or to its end; `n` is 1 for strides above 2. */
  def after(n: UInt, mapPitch: UInt, settings: OutputSettings): ScatterState = {
    val next      = Wire(new ScatterState)
    val lastX     = xMod +& 1.U === settings.strideX
    val lastY     = yMod +& 1.U === settings.strideY
    next := this
    next.left      := left - n
    next.x         := x + n
    next.xMod      := Mux(lastX, 0.U, xMod + 1.U)
    next.xDiv      := xDiv + lastX
    next.columnRow := Mux(lastX, 0.U, columnRow + settings.phaseRows)
    when(n === left) {
      next.left      := mapPitch
      next.x         := 0.U
      next.xMod      := 0.U
      next.xDiv      := 0.U
      next.columnRow := 0.U
      next.yMod      := Mux(lastY, 0.U, yMod + 1.U)
      next.rowRow    := Mux(lastY, 0.U, rowRow + settings.rowPhaseRows)
      next.base      := Mux(lastY, base + settings.pitch.zext, base)
    }
    next
  }
}

/** The start of the walk. */
object ScatterState {

  /** Pixel 0 of a map. */
  def start(mapPitch: UInt, settings: OutputSettings): ScatterState = {
    val state = WireDefault(0.U.asTypeOf(new ScatterState))
    state.left := mapPitch
    state.base := settings.offset
    state
  }
}
