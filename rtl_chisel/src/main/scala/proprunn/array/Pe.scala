package proprunn.array

import chisel3._

/** One cell: a product register and a 32-bit sum that wraps around. */
class Pe extends Module {
  val io = IO(new Bundle {
    val multiply   = Input(Bool())

    /** Sign-extended, so that a simulator multiplies plain words; synthesis cuts the copies of the sign off again. */
    val weight     = Input(SInt(32.W))
    val activation = Input(SInt(32.W))

    /** With `multiply`: the operand is the activation where the weight is not 0. */
    val select = Input(Bool())

    /** One cycle behind `multiply`. */
    val accumulate = Input(Bool())
    val load       = Input(Bool())
    val maximum    = Input(Bool())
    val sum        = Output(SInt(32.W))
  })
  // Conditions that all cells share stand outside, so that a simulator tests them once for the whole array.
  private val operand = Reg(SInt(32.W))
  private val sum     = Reg(SInt(32.W))
  when(io.multiply) {
    when(io.select) {
      operand := Mux(io.weight === 0.S, 0.S, io.activation)
    }.otherwise {
      operand := (io.weight * io.activation)(31, 0).asSInt
    }
  }
  when(io.accumulate) {
    when(io.load) {
      sum := operand
    }.elsewhen(io.maximum) {
      sum := Mux(sum < operand, operand, sum)
    }.otherwise {
      sum := sum + operand
    }
  }
  io.sum := sum
}
