package proprunn.control

import chisel3._
import chisel3.util.PopCount

/** Sends tokens to one unit, one per cycle, where several may fall due at once. */
class TokenSender(sources: Int) extends Module {
  require(sources >= 1 && sources <= 8, s"$sources sources of tokens; it must be from 1 to 8")
  val io = IO(new Bundle {
    val due  = Input(UInt(sources.W))
    val send = Output(Bool())
  })
  private val owed = RegInit(0.U(8.W))
  io.send := owed =/= 0.U
  owed    := owed + PopCount(io.due) - io.send
  assert(owed < 240.U, "tokens fall due faster than they are sent")
}
