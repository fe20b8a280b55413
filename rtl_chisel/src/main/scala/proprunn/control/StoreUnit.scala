package proprunn.control

import chisel3._
import chisel3.util.{Decoupled, Queue, Valid}
import proprunn.bundles._
import proprunn.bus.{Burst, WriteBeat}
import proprunn.config.AcceleratorConfig
import proprunn.isa._

/** Executes STORE and STORE_COUNTERS: reads bank rows and writes them to DRAM in bursts, several ahead and across instructions.
  *
  * An instruction has finished when DRAM has acknowledged its last burst; they finish in order. A fault is reported when all transfers
  * before it have come to their end.
  */
class StoreUnit(config: AcceleratorConfig) extends Module {

  /** Ports of the store unit. */
  val io = IO(new Bundle {
    val instruction = Flipped(Decoupled(new Instruction))
    val tokens      = new TokenPort

    /** A fault somewhere: announce nothing more, complete what was announced without writing. */
    val halt         = Input(Bool())
    val bankRead     = Decoupled(UInt(config.rowBits.W))
    val bankReadData = Flipped(Valid(Vec(config.lanes, UInt(8.W))))
    val snapshot     = Flipped(Decoupled(UInt((Counter.count * 32).W)))
    val request      = Decoupled(new Burst)
    val beat         = Decoupled(new WriteBeat(config.dramBytes))

    /** An acknowledgement; true where DRAM could not write. */
    val response = Flipped(Decoupled(Bool()))
    val fault    = Valid(new FaultReport)

    /** Nothing in flight. */
    val idle = Output(Bool())

    /** The next instruction waits for tokens or a snapshot, and everything before it has finished. */
    val waiting = Output(Bool())

    /** A transfer is under way. */
    val busy = Output(Bool())
  })

  /** A burst that DRAM has not acknowledged, or (without one) the tokens of a SYNC. */
  private class Open extends Bundle {
    val burst      = Bool()
    val closesJob  = Bool()
    val completion = new Completion
  }
  private val decoder   = new TransferDecoder(config)
  private val walker    = Module(new BurstWalker(config))
  private val addresses = Module(new Queue(new Burst, 2))
  private val lengths   = Module(new Queue(UInt(8.W), 4))
  private val planes    = Module(new Queue(new OutgoingPlane, 4))
  private val open      = Module(new Queue(new Open, StoreUnit.burstsAhead))
  private val reader    = Module(new RowReader(config))
  private val stream    = Module(new WriteStream(config, reader.slotBits))
  private val failed    = RegInit(0.U.asTypeOf(Valid(new FaultReport)))
  private val stopped   = io.halt || failed.valid

  // Instructions enter the walker with their tokens; a STORE_COUNTERS also needs a snapshot that none before it will take.
  private val snapshotTaken = RegInit(false.B)
  private val isCounters    = io.instruction.bits(CommonFields.opcode) === Opcode.storeCounters.U
  private val hasSnapshot   = !isCounters || (io.snapshot.valid && !snapshotTaken)
  private val mayStart      = walker.io.job.ready && hasSnapshot && !stopped
  io.tokens.waitA      := io.instruction.bits(CommonFields.waitA)
  io.tokens.waitB      := io.instruction.bits(CommonFields.waitB)
  io.tokens.request    := io.instruction.valid && mayStart
  io.instruction.ready := io.tokens.grant && mayStart
  walker.io.job.valid  := io.instruction.valid && io.tokens.grant && hasSnapshot && !stopped
  walker.io.job.bits   := decoder.store(io.instruction.bits)
  when(walker.io.job.fire && walker.io.job.bits.counters && !walker.io.job.bits.tokensOnly) { snapshotTaken := true.B }
    .elsewhen(io.snapshot.fire) { snapshotTaken := false.B }

  // A step is taken when its address, its beats, its plane and its acknowledgement all have a place.
  private val step    = walker.io.step
  private val allFree = addresses.io.enq.ready && lengths.io.enq.ready && planes.io.enq.ready && open.io.enq.ready
  step.ready := allFree && !stopped
  private val announces = step.fire && step.bits.burst
  addresses.io.enq.valid           := announces
  addresses.io.enq.bits.address    := step.bits.address
  addresses.io.enq.bits.length     := step.bits.length
  lengths.io.enq.valid             := announces
  lengths.io.enq.bits              := step.bits.length
  planes.io.enq.valid              := announces && step.bits.opensPlane
  planes.io.enq.bits.row           := step.bits.local
  planes.io.enq.bits.beats         := step.bits.planeBeats
  planes.io.enq.bits.counters      := step.bits.counters
  open.io.enq.valid                := step.fire
  open.io.enq.bits.burst           := step.bits.burst
  open.io.enq.bits.closesJob       := step.bits.closesJob
  open.io.enq.bits.completion      := step.bits.completion
  io.request <> addresses.io.deq

  reader.io.plane <> planes.io.deq
  reader.io.halt         := stopped
  reader.io.bankReadData := io.bankReadData
  io.bankRead <> reader.io.bankRead
  reader.io.snapshot <> io.snapshot
  stream.io.burst <> lengths.io.deq
  stream.io.row <> reader.io.row
  stream.io.halt := stopped
  io.beat <> stream.io.beat

  private val oldest = open.io.deq
  io.response.ready := oldest.valid && oldest.bits.burst
  oldest.ready      := !oldest.bits.burst || io.response.valid
  private val refused  = io.response.fire && io.response.bits
  private val finishes = oldest.fire && oldest.bits.closesJob && !refused && !stopped
  io.tokens.signalA := finishes && oldest.bits.completion.signalA
  io.tokens.signalB := finishes && oldest.bits.completion.signalB

  io.idle    := !oldest.valid && (stopped || !walker.io.active)
  io.waiting := io.idle && io.instruction.valid && !(io.tokens.grant && hasSnapshot) && !stopped

  private val started = RegInit(0.U(7.W))
  started := started + (walker.io.job.fire && !walker.io.job.bits.tokensOnly) - (finishes && oldest.bits.burst)
  io.busy := started =/= 0.U

  when(!failed.valid) {
    when(refused) {
      failed.valid      := true.B
      failed.bits.code  := Fault.dramError.U
      failed.bits.index := oldest.bits.completion.index
    }.elsewhen(walker.io.fault.valid && !oldest.valid) { failed := walker.io.fault }
  }
  io.fault := failed

  assert(!io.response.valid || oldest.valid, "DRAM acknowledged a burst that was not announced")
  assert(!io.idle || !io.beat.valid, "a beat is left when all bursts are acknowledged")
}

/** Sizes of the store unit. */
object StoreUnit {

  /** Bursts that can wait for their acknowledgement. */
  val burstsAhead = 32
}
