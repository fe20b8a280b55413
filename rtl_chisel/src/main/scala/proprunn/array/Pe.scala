package proprunn.array

import chisel3._

/** One cell: a product register and a 32-bit sum that wraps around. */
class Pe extends Module {
  val io = IO(new Bundle {
    val multiply   = Input(Bool())
    val weight     = Input(SInt(8.W))
    val activation = Input(UInt(8.W))

    /** With `multiply`: the operand is the activation where the weight is not 0. */
    val select = Input(Bool())

    /** One cycle behind `multiply`. */
    val accumulate = Input(Bool())
    val load       = Input(Bool())
    val maximum    = Input(Bool())
    val sum        = Output(SInt(32.W))
  })
  private val operand = Reg(SInt(16.W))
  private val sum     = Reg(SInt(32.W))
  when(io.multiply) {
    operand := Mux(io.select, Mux(io.weight === 0.S, 0.S, io.activation.zext), io.weight * io.activation)
  }
  when(io.accumulate) {
    sum := Mux(io.load || (io.maximum && sum < operand), operand, Mux(io.maximum, sum, sum + operand))
  }
  io.sum := sum
}
