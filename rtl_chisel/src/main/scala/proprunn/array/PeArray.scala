package proprunn.array

import chisel3._
import proprunn.config.AcceleratorConfig

/** `rows x lanes` cells, each with a product register and a 32-bit sum that wraps around. A row shares its weight, a lane its activation. */
class PeArray(config: AcceleratorConfig) extends Module {
  private val cells = Vec(config.rows, Vec(config.lanes, SInt(32.W)))
  val io = IO(new Bundle {
    val multiply    = Input(Bool())
    val weights     = Input(Vec(config.rows, SInt(8.W)))
    val activations = Input(Vec(config.lanes, UInt(8.W)))

    /** With `multiply`: the product is the activation where the weight is not 0. */
    val select = Input(Bool())

    /** One cycle behind `multiply`. */
    val accumulate = Input(Bool())
    val load       = Input(Bool())
    val maximum    = Input(Bool())

    val out = Output(cells)
  })
  private val products = Reg(cells)
  private val sums     = Reg(cells)
  private def each(change: (Int, Int) => Unit): Unit =
    for (row <- 0 until config.rows; lane <- 0 until config.lanes) change(row, lane)

  // At 32 bits a simulator multiplies plain words; synthesis cuts the copies of the signs off again.
  private val weights     = io.weights.map(_.pad(32))
  private val activations = io.activations.map(_.zext.pad(32))
  when(io.multiply) {
    when(io.select) {
      each((r, l) => products(r)(l) := Mux(weights(r) === 0.S, 0.S, activations(l)))
    }.otherwise {
      each((r, l) => products(r)(l) := (weights(r) * activations(l))(31, 0).asSInt)
    }
  }

  // Conditions that all cells share stand outside, so that a simulator tests them once for the whole array.
  when(io.accumulate) {
    when(io.load) {
      sums := products
    }.elsewhen(io.maximum) {
      each((r, l) => sums(r)(l) := Mux(sums(r)(l) < products(r)(l), products(r)(l), sums(r)(l)))
    }.otherwise {
      each((r, l) => sums(r)(l) := sums(r)(l) +% products(r)(l))
    }
  }
  io.out := sums
}
