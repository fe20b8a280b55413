package proprunn.control

import chisel3._
import chisel3.util.{Decoupled, Queue}
import proprunn.bus.WriteBeat
import proprunn.config.AcceleratorConfig

/** Sends rows as the beats of the bursts that were announced, in order. */
class WriteStream(config: AcceleratorConfig, slotBits: Int) extends Module {

  /** Ports of the stream. */
  val io = IO(new Bundle {

    /** Beats of each burst, minus one. */
    val burst = Flipped(Decoupled(UInt(8.W)))
    val row   = Flipped(Decoupled(new OutgoingRow(config.lanes, slotBits)))

    /** A fault somewhere: complete what was announced with beats that write nothing. */
    val halt = Input(Bool())
    val beat = Decoupled(new WriteBeat(config.dramBytes))
  })
  private val beatsPerRow = config.lanes / config.dramBytes
  private val sent        = RegInit(0.U(8.W))
  private val slot        = RegInit(0.U(slotBits.W))
  private val beats       = VecInit.tabulate(beatsPerRow)(i => io.row.bits.data((i + 1) * config.dramBits - 1, i * config.dramBits))

  // The beat that is offered to AXI stands in a register and never changes.
  private val out = Module(new Queue(new WriteBeat(config.dramBytes), 1, pipe = true))
  out.io.enq.valid       := io.burst.valid && (io.row.valid || io.halt)
  out.io.enq.bits.data   := (if (beatsPerRow == 1) beats.head else beats(slot))
  out.io.enq.bits.enable := !io.halt
  out.io.enq.bits.last   := sent === io.burst.bits
  io.beat <> out.io.deq

  private val endsRow = slot === io.row.bits.lastSlot
  io.burst.ready := out.io.enq.fire && out.io.enq.bits.last
  io.row.ready   := out.io.enq.fire && endsRow && !io.halt
  when(out.io.enq.fire) {
    sent := Mux(out.io.enq.bits.last, 0.U, sent + 1.U)
    slot := Mux(endsRow, 0.U, slot + 1.U)
  }
  assert(!io.burst.valid || sent <= io.burst.bits, "more beats than the burst has")
  assert(io.halt || !io.row.valid || slot <= io.row.bits.lastSlot, "more beats than the row has")
}
