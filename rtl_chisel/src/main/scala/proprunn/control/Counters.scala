package proprunn.control

import chisel3._
import chisel3.util.{Decoupled, Queue, ShiftRegister}
import proprunn.bundles.ComputeEvents
import proprunn.config.AcceleratorConfig
import proprunn.isa.Counter

/** Counts what happens while a program runs, and keeps the snapshots that MARK takes until STORE_COUNTERS fetches them.
  *
  * A MARK takes its turn while the last vectors before it are still under way: what array and drain count is added to its snapshot when it is known.
  */
class Counters(config: AcceleratorConfig) extends Module {

  /** Ports of the counters. */
  val io = IO(new Bundle {

    /** Nothing is counted in other cycles. */
    val running = Input(Bool())
    val compute = Input(new ComputeEvents(config))

    /** A beat went over AXI in this cycle. */
    val readBeat  = Input(Bool())
    val writeBeat = Input(Bool())

    /** The unit has a transfer. */
    val loadBusy  = Input(Bool())
    val storeBusy = Input(Bool())

    /** Keep the counters as they stand at the start of this cycle; only while `snapshotReady`. Array and drain may lag behind. */
    val snapshot      = Input(Bool())

    /** Of what was issued before the snapshot, nothing is left in the array, or what is there now is counted from this cycle on. */
    val arrayDone = Input(Bool())

    /** What was issued before the snapshot is drained, and written within 2 cycles; what comes behind is neither. */
    val drainDone = Input(Bool())
    val snapshotReady = Output(Bool())

    /** The oldest snapshot, counter 0 in the lowest bits. */
    val oldest = Decoupled(UInt((Counter.count * 32).W))
    val live   = Output(Vec(Counter.count, UInt(32.W)))
  })

  private val causes = Seq(
    Counter.issued     -> io.compute.cause.issued,
    Counter.stallDrain -> io.compute.cause.stallDrain,
    Counter.stallLoad  -> io.compute.cause.stallLoad,
    Counter.stallStore -> io.compute.cause.stallStore,
    Counter.stallFence -> io.compute.cause.stallFence,
    Counter.stallFetch -> io.compute.cause.stallFetch
  )
  private val events = causes ++ Seq(
    Counter.cycles         -> true.B,
    Counter.usefulCells    -> io.compute.usefulCells,
    Counter.bankReads      -> io.compute.bankRead,
    Counter.bankWrites     -> io.compute.bankWrite,
    Counter.dramReadBeats  -> io.readBeat,
    Counter.dramWriteBeats -> io.writeBeat,
    Counter.drains         -> io.compute.drain,
    Counter.skipReads      -> io.compute.skipRead,
    Counter.loadBusy       -> io.loadBusy,
    Counter.storeBusy      -> io.storeBusy
  )
  require(events.map(_._1).toSet.size == Counter.count, s"${events.size} of ${Counter.count} counters have an event")
  assert(!io.running || chisel3.util.PopCount(causes.map(_._2)) === 1.U, "a cycle has exactly one cause")

  private val counts = RegInit(VecInit(Seq.fill(Counter.count)(0.U(32.W))))
  when(io.running) {
    for ((index, amount) <- events) counts(index) := counts(index) + amount.asUInt
  }
  io.live := counts

  // The snapshot of which something is still to come.
  private val taken     = RegInit(false.B)
  private val held      = Reg(chiselTypeOf(counts))
  private val array     = RegInit(false.B)
  private val drain     = RegInit(false.B)
  private val open      = io.snapshot || taken
  private val arrayEnds = open && !array && io.arrayDone
  private val drainEnds = open && !drain && io.drainDone
  private val written   = ShiftRegister(drainEnds, Counters.writeDelay, false.B, true.B)
  private val stored    = RegInit(false.B)
  private val complete  = stored && array
  when(io.snapshot)(held := counts)
  when(arrayEnds)(held(Counter.usefulCells) := counts(Counter.usefulCells))
  when(drainEnds) {
    for (index <- Seq(Counter.drains, Counter.skipReads)) held(index) := counts(index)
  }
  when(written)(held(Counter.bankWrites) := counts(Counter.bankWrites))
  array  := !complete && (array || arrayEnds)
  drain  := !complete && (drain || drainEnds)
  stored := !complete && (stored || written)
  taken  := !complete && open

  private val snapshots = Module(new Queue(UInt((Counter.count * 32).W), Counters.snapshots))
  snapshots.io.enq.valid := complete
  snapshots.io.enq.bits  := held.asUInt
  io.snapshotReady       := snapshots.io.enq.ready && !taken
  io.oldest <> snapshots.io.deq
  assert(!io.snapshot || io.snapshotReady, "a snapshot without room")
}

/** Sizes of the counters. */
object Counters {

  /** Complete snapshots that can wait for the store unit. */
  val snapshots = 2

  /** Cycles from a row's last write being decided to its being counted. */
  val writeDelay = 2
}
