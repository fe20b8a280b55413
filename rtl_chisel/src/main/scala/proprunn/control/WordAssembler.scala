package proprunn.control

import chisel3._
import chisel3.util.{Counter => CycleCounter, Decoupled, Valid}
import proprunn.bus.ReadBeat

/** Joins beats to words of `wordBytes`; it never holds a beat back. A word appears in the cycle of its last beat. */
class WordAssembler(dramBytes: Int, wordBytes: Int) extends Module {
  require(wordBytes % dramBytes == 0, s"words of $wordBytes bytes from beats of $dramBytes bytes")

  /** Ports of the assembler. */
  val io = IO(new Bundle {
    val data = Flipped(Decoupled(new ReadBeat(dramBytes)))
    val word = Valid(new FetchedWord)
  })
  private val beats = wordBytes / dramBytes
  io.data.ready := true.B
  if (beats == 1) {
    io.word.valid      := io.data.valid
    io.word.bits.data  := io.data.bits.data
    io.word.bits.error := io.data.bits.error
  } else {
    val (_, last) = CycleCounter(io.data.fire, beats)
    val earlier   = Reg(Vec(beats - 1, UInt((dramBytes * 8).W)))
    val error     = RegInit(false.B)
    when(io.data.fire) {
      error := !last && (error || io.data.bits.error)
      for ((part, next) <- earlier.zip(earlier.tail :+ io.data.bits.data)) part := next
    }
    io.word.valid      := last
    io.word.bits.data  := io.data.bits.data ## earlier.asUInt
    io.word.bits.error := error || io.data.bits.error
  }
}
