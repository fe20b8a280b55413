package proprunn.control

import chisel3._
import chisel3.util.{Decoupled, Fill, Queue, Valid}
import proprunn.bundles._
import proprunn.bus.{Burst, ReadBeat}
import proprunn.config.AcceleratorConfig
import proprunn.isa.Target

/** Executes LOAD: asks DRAM for planes, several bursts ahead and across instructions, and writes what comes into the memories.
  *
  * Instructions finish in order. A fault is reported when all transfers before it have come to their end, so a program's first bad LOAD
  * is the one that is reported.
  */
class LoadUnit(config: AcceleratorConfig) extends Module {

  /** Ports of the load unit. */
  val io = IO(new Bundle {
    val instruction = Flipped(Decoupled(new Instruction))
    val tokens      = new TokenPort

    /** A fault somewhere: ask for nothing more, take what was asked for and drop it. */
    val halt        = Input(Bool())
    val request     = Decoupled(new Burst)
    val data        = Flipped(Decoupled(new ReadBeat(config.dramBytes)))
    val vectorWrite = Valid(new ScratchWrite(config.vectorMemory))
    val listWrite   = Valid(new ScratchWrite(config.listMemory))
    val recordWrite = Valid(new ScratchWrite(config.recordMemory))
    val bankWrite   = Decoupled(new BankWrite(config))
    val fault       = Valid(new FaultReport)

    /** Nothing in flight. */
    val idle = Output(Bool())

    /** The next instruction waits for tokens, and everything before it has finished. */
    val waiting = Output(Bool())

    /** A transfer is under way. */
    val busy = Output(Bool())
  })
  private val decoder  = new TransferDecoder(config)
  private val walker   = Module(new BurstWalker(config))
  private val planes   = Module(new Queue(new IncomingPlane, LoadUnit.planesAhead))
  private val gatherer = Module(new PlaneGatherer(config))
  private val words    = Module(new Queue(new GatheredWord(gatherer.wordBytes, gatherer.slotBits), 2))
  private val failed   = RegInit(0.U.asTypeOf(Valid(new FaultReport)))
  private val stopped  = io.halt || failed.valid

  // Instructions enter the walker with their tokens.
  io.tokens.waitA      := io.instruction.bits(proprunn.isa.CommonFields.waitA)
  io.tokens.waitB      := io.instruction.bits(proprunn.isa.CommonFields.waitB)
  io.tokens.request    := io.instruction.valid && walker.io.job.ready && !stopped
  io.instruction.ready := io.tokens.grant && walker.io.job.ready && !stopped
  walker.io.job.valid  := io.instruction.valid && io.tokens.grant && !stopped
  walker.io.job.bits   := decoder.load(io.instruction.bits)

  // A step is taken when both the request and the place for its plane are.
  private val step     = walker.io.step
  private val places   = !step.bits.burst || step.bits.opensPlane
  private val awaited  = RegInit(0.U(9.W))
  private val mayAsk   = awaited <= LoadUnit.beatsAhead.U && !stopped
  private val canPlace = !places || planes.io.enq.ready
  io.request.valid        := step.valid && step.bits.burst && canPlace && mayAsk
  io.request.bits.address := step.bits.address
  io.request.bits.length  := step.bits.length
  step.ready              := canPlace && !stopped && (!step.bits.burst || (io.request.ready && mayAsk))

  planes.io.enq.valid           := step.fire && places
  planes.io.enq.bits.target     := step.bits.target
  planes.io.enq.bits.address    := step.bits.local
  planes.io.enq.bits.beats      := step.bits.planeBeats
  planes.io.enq.bits.tokensOnly := !step.bits.burst
  planes.io.enq.bits.last       := step.bits.lastPlane || !step.bits.burst
  planes.io.enq.bits.completion := step.bits.completion
  awaited := awaited + Mux(io.request.fire, step.bits.length +& 1.U, 0.U) - io.data.fire

  gatherer.io.plane <> planes.io.deq
  gatherer.io.data.valid := io.data.valid && !stopped
  gatherer.io.data.bits  := io.data.bits
  io.data.ready          := gatherer.io.data.ready || stopped
  words.io.enq <> gatherer.io.word

  // Words leave in order, whatever memory they are for.
  private val word   = words.io.deq
  private val writes = word.valid && !word.bits.tokensOnly && !stopped
  for ((port, target) <- Seq(io.vectorWrite -> Target.vector, io.listWrite -> Target.list, io.recordWrite -> Target.record)) {
    port.valid        := writes && word.bits.target === target.U
    port.bits.address := word.bits.address(port.bits.address.getWidth - 1, 0)
    port.bits.data    := word.bits.data(port.bits.data.getWidth - 1, 0)
  }
  private val toBank    = word.bits.target === Target.bank.U && !word.bits.tokensOnly
  private val rowBytes  = VecInit.tabulate(config.lanes)(i => word.bits.data(i * 8 + 7, i * 8))
  private val slotMasks = (0 until config.lanes / config.dramBytes).map(i => Fill(config.dramBytes, i.U <= word.bits.lastSlot))
  io.bankWrite.valid     := writes && toBank
  io.bankWrite.bits.row  := word.bits.address(config.rowBits - 1, 0)
  io.bankWrite.bits.data := rowBytes
  io.bankWrite.bits.mask := VecInit(slotMasks).asUInt
  word.ready             := !stopped && (!toBank || io.bankWrite.ready)

  private val finishes = word.fire && word.bits.last
  io.tokens.signalA := finishes && word.bits.completion.signalA
  io.tokens.signalB := finishes && word.bits.completion.signalB

  private val empty = !walker.io.active && !planes.io.deq.valid && !gatherer.io.active && !word.valid
  io.idle    := awaited === 0.U && (stopped || empty)
  io.waiting := io.idle && io.instruction.valid && !io.tokens.grant && !stopped

  private val started = RegInit(0.U(7.W))
  started := started + (walker.io.job.fire && !walker.io.job.bits.tokensOnly) - (finishes && !word.bits.tokensOnly)
  io.busy := started =/= 0.U

  // The gatherer may still wait for the rest of a plane that ran past the end of the address space.
  private val settled = awaited === 0.U && !planes.io.deq.valid && !gatherer.io.word.valid && !word.valid
  when(!failed.valid) {
    when(gatherer.io.fault.valid) { failed := gatherer.io.fault }
      .elsewhen(walker.io.fault.valid && settled) { failed := walker.io.fault }
  }
  io.fault := failed

  assert(!io.data.valid || awaited =/= 0.U, "DRAM sent a beat that was not asked for")
  assert(started <= (LoadUnit.planesAhead + 4).U, "more LOADs have started than fit")
}

/** Sizes of the load unit. */
object LoadUnit {

  /** While no more beats than this are awaited, another burst is asked for. */
  val beatsAhead = 128

  /** Planes that can be on their way. */
  val planesAhead = 32
}
