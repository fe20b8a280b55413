package proprunn.postprocess

import chisel3._
import proprunn.config.AcceleratorConfig

/** A copy of a finished tile's sums; row 0 is in front, `shift` moves the next row there. */
class DrainRegisters(config: AcceleratorConfig) extends Module {
  private val sumsType = Vec(config.rows, Vec(config.lanes, SInt(32.W)))
  val io = IO(new Bundle {
    val load  = Input(Bool())
    val sums  = Input(sumsType)
    val shift = Input(Bool())
    val front = Output(Vec(config.lanes, SInt(32.W)))
  })
  private val held = Reg(sumsType)
  when(io.load) {
    held := io.sums
  }.elsewhen(io.shift) {
    for (row <- 1 until config.rows) held(row - 1) := held(row)
  }
  io.front := held.head
}
