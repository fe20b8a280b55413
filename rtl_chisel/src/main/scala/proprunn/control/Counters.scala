package proprunn.control

import chisel3._
import chisel3.util.{Decoupled, Queue}
import proprunn.bundles.ComputeEvents
import proprunn.config.AcceleratorConfig
import proprunn.isa.Counter

/** Counts what happens while a program runs, and keeps the snapshots that MARK takes until STORE_COUNTERS fetches them. */
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

    /** Keep the counters as they stand at the start of this cycle; only while `snapshotReady`. */
    val snapshot      = Input(Bool())
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

  private val snapshots = Module(new Queue(UInt((Counter.count * 32).W), Counters.snapshots))
  snapshots.io.enq.valid := io.snapshot
  snapshots.io.enq.bits  := counts.asUInt
  io.snapshotReady       := snapshots.io.enq.ready
  io.oldest <> snapshots.io.deq
  assert(!io.snapshot || io.snapshotReady, "a snapshot without room")
}

/** Sizes of the counters. */
object Counters {

  /** Snapshots that can wait for the store unit. */
  val snapshots = 2
}
