package proprunn.array

import chisel3._
import proprunn.config.AcceleratorConfig

/** `rows x lanes` cells: a row shares its weight, a lane its activation. */
class PeArray(config: AcceleratorConfig) extends Module {
  val io = IO(new Bundle {
    val multiply    = Input(Bool())
    val weights     = Input(Vec(config.rows, SInt(8.W)))
    val activations = Input(Vec(config.lanes, UInt(8.W)))
    val select      = Input(Bool())

    /** One cycle behind `multiply`. */
    val accumulate = Input(Bool())
    val load       = Input(Bool())
    val maximum    = Input(Bool())
    val sums       = Output(Vec(config.rows, Vec(config.lanes, SInt(32.W))))
  })
  private val weights     = io.weights.map(_.pad(32))
  private val activations = io.activations.map(_.zext.pad(32))
  for (row <- 0 until config.rows; lane <- 0 until config.lanes) {
    val pe = Module(new Pe).suggestName(s"pe_${row}_$lane")
    pe.io.multiply     := io.multiply
    pe.io.weight       := weights(row)
    pe.io.activation   := activations(lane)
    pe.io.select       := io.select
    pe.io.accumulate   := io.accumulate
    pe.io.load         := io.load
    pe.io.maximum      := io.maximum
    io.sums(row)(lane) := pe.io.sum
  }
}
