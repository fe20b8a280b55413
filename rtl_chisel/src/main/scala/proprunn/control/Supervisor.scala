package proprunn.control

import chisel3._
import chisel3.util.{PriorityMux, Valid}
import proprunn.bundles.FaultReport
import proprunn.isa.{ExecutionUnit, Fault, Status}

/** What the supervisor sees of a unit and its queue. */
class UnitState extends Bundle {

  /** Nothing in flight. */
  val idle = Bool()

  /** The next instruction waits for tokens or a snapshot, and everything before it has finished. */
  val waiting = Bool()

  /** No instruction in the queue. */
  val queueEmpty = Bool()

  /** The instruction that waits. */
  val index = UInt(32.W)
}

/** Decides how a program stands: running, done, or stopped by the first fault.
  *
  * A program that makes no progress although nothing is in flight ends with DEADLOCK. After a fault the status changes when all open AXI
  * transfers have come to their end.
  *
  * @param sources number of reporters of faults; of several in one cycle the one with the least instruction index counts
  */
class Supervisor(sources: Int) extends Module {
  require(sources >= 1, s"$sources sources of faults")

  /** Ports of the supervisor. */
  val io = IO(new Bundle {

    /** Pulse: a program starts. */
    val start = Input(Bool())
    val faults = Input(Vec(sources, Valid(new FaultReport)))

    /** Units by number (`ExecutionUnit`). */
    val units = Input(Vec(ExecutionUnit.count, new UnitState))

    /** The last instruction was dispatched; something is on its way from DRAM; an instruction was dispatched in this cycle. */
    val fetchComplete = Input(Bool())
    val fetchInFlight = Input(Bool())
    val dispatched    = Input(Bool())
    val status        = Output(UInt(2.W))
    val running       = Output(Bool())

    /** There is a fault: nothing new may be begun. */
    val halt  = Output(Bool())
    val fault = Output(new FaultReport)

    /** All that was dispatched has been executed. */
    val quiet = Output(Bool())
  })
  private val status  = RegInit(Status.idle.U(2.W))
  private val halted  = RegInit(false.B)
  private val fault   = RegInit(0.U.asTypeOf(new FaultReport))
  private val running = status === Status.running.U

  io.quiet := io.units.map(unit => unit.idle && unit.queueEmpty && !unit.waiting).reduce(_ && _)

  // Nothing moves and nothing is on its way: for so long that every unit would have begun what it can begin.
  private val atRest   = io.units.map(unit => unit.idle || unit.waiting).reduce(_ && _)
  private val patience = RegInit(0.U(9.W))
  private val stuck    = running && atRest && !io.fetchInFlight && !io.dispatched && !halted
  patience := Mux(stuck, patience + 1.U, 0.U)
  private val deadlock = Wire(Valid(new FaultReport))
  deadlock.valid      := patience === Supervisor.patience.U
  deadlock.bits.code  := Fault.deadlock.U
  deadlock.bits.index := io.units.map(unit => Mux(unit.waiting, unit.index, ~0.U(32.W))).reduce(lesser)

  private def lesser(a: UInt, b: UInt): UInt = Mux(a <= b, a, b)
  private val found = io.faults.toSeq :+ deadlock
  private val least = found.map(f => Mux(f.valid, f.bits.index, ~0.U(32.W))).reduce(lesser)
  when(running && !halted && VecInit(found.map(_.valid)).asUInt.orR) {
    halted := true.B
    fault  := PriorityMux(found.map(f => (f.valid && f.bits.index === least) -> f.bits))
  }

  private val axiAtRest = io.units(ExecutionUnit.load).idle && io.units(ExecutionUnit.store).idle && !io.fetchInFlight
  private val finished  = io.fetchComplete && !io.fetchInFlight && io.quiet && !VecInit(found.map(_.valid)).asUInt.orR
  when(io.start) {
    status := Status.running.U
    halted := false.B
    fault  := 0.U.asTypeOf(new FaultReport)
  }.elsewhen(running && halted && axiAtRest) { status := Status.error.U }
    .elsewhen(running && !halted && finished) { status := Status.done.U }

  io.status  := status
  io.running := running
  io.halt    := halted
  io.fault   := fault

  assert(status =/= Status.error.U || fault.code =/= Fault.none.U, "an error without a fault")
  assert(!io.start || !running, "START while a program runs")
}

/** Times of the supervisor. */
object Supervisor {

  /** Cycles without any movement after which a program counts as deadlocked. */
  val patience = 256
}
