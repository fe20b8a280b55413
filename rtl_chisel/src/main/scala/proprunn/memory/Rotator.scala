package proprunn.memory

import chisel3._
import chisel3.util.{isPow2, log2Ceil, Cat}

/** Rotates a vector of `count` elements: output `i` is input `(i + amount) mod count`. Combinational. */
class Rotator(count: Int, width: Int) extends Module {
  require(count >= 2 && isPow2(count), s"rotator of $count elements; it must be a power of two, at least 2")
  val io = IO(new Bundle {
    val in     = Input(UInt((count * width).W))
    val amount = Input(UInt(log2Ceil(count).W))
    val out    = Output(UInt((count * width).W))
  })
  io.out := (0 until log2Ceil(count)).foldLeft(io.in) { (word, stage) =>
    val low = width << stage
    Mux(io.amount(stage), Cat(word(low - 1, 0), word(count * width - 1, low)), word)
  }
}
