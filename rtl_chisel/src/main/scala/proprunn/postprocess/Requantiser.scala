package proprunn.postprocess

import chisel3._
import chisel3.util.{RegEnable, Valid}
import proprunn.config.AcceleratorConfig

/** From a row of sums to a row of bytes; takes a row in every cycle and never waits. */
class Requantiser(config: AcceleratorConfig) extends Module {
  val io = IO(new Bundle {
    val in         = Flipped(Valid(Vec(config.lanes, SInt(32.W))))
    val bias       = Input(SInt(32.W))
    val multiplier = Input(UInt(16.W))
    val shift      = Input(UInt(6.W))
    val skipEnable = Input(Bool())

    /** Skip values, `Requantiser.skipDelay` cycles behind their sums. */
    val skip     = Input(Vec(config.lanes, UInt(8.W)))
    val settings = Input(new OutputSettings)
    val out      = Valid(Vec(config.lanes, UInt(8.W)))
  })
  private val control = Wire(new RequantiserControl)

  // at(n): stage n takes a row in this cycle; a row enters stage 1 as it comes.
  private val taken = Seq.iterate(io.in.valid, Requantiser.latency + 1)(previous => RegNext(previous, false.B))
  control.at(0) := false.B
  for (n <- 1 to Requantiser.latency) control.at(n) := taken(n - 1)

  private def after[T <: Data](n: Int, value: T): T = RegEnable(value, control.at(n))
  private val multiplier1 = after(1, io.multiplier)
  private val shift2      = after(2, after(1, Requantiser.limited(io.shift, Requantiser.firstShiftLimit)))
  private val skip2       = after(2, after(1, io.skipEnable))
  private val addend2     = after(2, after(1, Requantiser.addend(io.shift, Requantiser.firstShiftLimit)))
  private val lost3       = after(3, after(2, after(1, Requantiser.lost(io.shift, Requantiser.firstShiftLimit))))
  control.bias       := io.bias
  control.multiplier := multiplier1
  control.addend     := Mux(io.settings.midWide, 0.U, addend2)
  control.shift      := after(3, shift2)
  control.lost       := lost3
  control.skipEnable := skip2

  for (lane <- 0 until config.lanes) {
    val unit = Module(new RequantiserLane)
    unit.io.control   := control
    unit.io.settings  := io.settings
    unit.io.sum       := io.in.bits(lane)
    unit.io.skip      := io.skip(lane)
    io.out.bits(lane) := unit.io.out
  }
  io.out.valid := taken.last
}

/** Timing and limits of the requantisation. */
object Requantiser {

  /** Cycles from sums to bytes. */
  val latency = 11

  /** Cycles from sums to their skip values. */
  val skipDelay = 2

  /** Shifts beyond these give the same result: 0, and -1 or 1 where rounding is to odd. */
  val firstShiftLimit  = 49
  val secondShiftLimit = 36

  /** A shift, limited. */
  def limited(shift: UInt, limit: Int): UInt = Mux(shift > limit.U, limit.U, shift)

  /** The bits that a shift loses. */
  def lost(shift: UInt, limit: Int): UInt = ((1.U << limited(shift, limit)) - 1.U)(limit - 1, 0)

  /** Half a unit less one, or 0 where nothing is shifted. */
  def addend(shift: UInt, limit: Int): UInt = lost(Mux(shift === 0.U, 0.U, limited(shift, limit) - 1.U), limit)
}
