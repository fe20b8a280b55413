package proprunn.control

import chisel3._
import chisel3.util.log2Ceil
import proprunn.bundles.TokenPort
import proprunn.isa.{ExecutionUnit, Isa}

/** The six counters of dependency tokens, one per ordered pair of units. A counter holds at most `Tokens.limit` tokens. */
class Tokens extends Module {

  /** Ports of the units, by number (`ExecutionUnit`). */
  val io = IO(new Bundle {
    val units = Vec(ExecutionUnit.count, Flipped(new TokenPort))

    /** A token was sent to a full counter in this cycle. */
    val overflow = Output(Bool())
  })

  private val overflows = for ((taker, senders) <- Tokens.others.zipWithIndex.map(_.swap)) yield {
    val port   = io.units(taker)
    val waits  = Seq(port.waitA, port.waitB)
    val counts = Seq.fill(2)(RegInit(0.U(log2Ceil(Tokens.limit + 1).W)))
    val enough = counts.zip(waits).map { case (count, wait) => count >= wait }
    port.grant   := enough.reduce(_ && _)
    port.enoughA := enough.head
    val taken = port.request && port.grant
    for (((count, wait), sender) <- counts.zip(waits).zip(senders)) yield {
      val sent = Tokens.signalTo(io.units(sender), sender, taker)
      val next = count +& sent - Mux(taken, wait, 0.U)
      count := next
      assert(!taken || count >= wait, s"unit $taker took tokens that unit $sender did not send")
      next > Tokens.limit.U
    }
  }
  io.overflow := VecInit(overflows.flatten).asUInt.orR
}

/** Which units exchange tokens. */
object Tokens {

  /** Tokens that a counter holds. */
  val limit: Int = Isa.tokenLimit

  /** For each unit, the units (a, b) that its fields mean, as `contracts.isa.ExecutionUnit.others` has them. */
  val others: Seq[Seq[Int]] = Seq.tabulate(ExecutionUnit.count)(unit => Seq.range(0, ExecutionUnit.count).filter(_ != unit))

  private def signalTo(port: TokenPort, sender: Int, taker: Int): Bool =
    if (others(sender).head == taker) port.signalA else port.signalB
}
