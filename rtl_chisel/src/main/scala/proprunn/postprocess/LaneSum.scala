package proprunn.postprocess

import chisel3._
import chisel3.util.{isPow2, log2Ceil}

/** Sum over all lanes, modulo 2**32, through a tree with a register behind every two levels. */
class LaneSum(lanes: Int) extends Module {
  require(lanes >= 2 && isPow2(lanes), s"sum over $lanes lanes; it must be a power of two, at least 2")
  val io = IO(new Bundle {
    val enable = Input(Bool())
    val in     = Input(Vec(lanes, SInt(32.W)))
    val out    = Output(SInt(32.W))
  })
  private def level(values: Seq[SInt]): Seq[SInt] =
    if (values.size == 1) values else values.grouped(2).map(pair => (pair.head + pair.last)(31, 0).asSInt).toSeq

  private def stage(values: Seq[SInt]): Seq[SInt] = {
    val sums = Reg(Vec(math.max(1, values.size / 4), SInt(32.W)))
    when(io.enable)(sums := VecInit(level(level(values))))
    sums
  }
  io.out := (0 until LaneSum.latency(lanes)).foldLeft(io.in: Seq[SInt])((values, _) => stage(values)).head
}

/** Timing of `LaneSum`. */
object LaneSum {

  /** Cycles from input to output. */
  def latency(lanes: Int): Int = (log2Ceil(lanes) + 1) / 2
}
