package proprunn.control

import chisel3._
import chisel3.util.{log2Ceil, Decoupled, MuxLookup, Queue, Valid}
import proprunn.bundles.{FaultReport, Instruction}
import proprunn.bus.{AxiPort, Burst, ReadBeat}
import proprunn.config.AcceleratorConfig
import proprunn.isa._

/** Reads the program ahead and hands each instruction, in order, to its unit's queue.
  *
  * The first burst brings the header together with the first instructions. What it reads past the program's end is dropped and not counted.
  * An instruction that cannot be dispatched is a fault when everything before it has been executed.
  */
class Fetch(config: AcceleratorConfig) extends Module {

  /** Ports of the fetch unit. */
  val io = IO(new Bundle {

    /** A program runs; it starts in the first cycle after reset in which this is true. */
    val run = Input(Bool())

    /** The header; a multiple of 64. */
    val address = Input(UInt(32.W))

    /** A fault somewhere: ask for nothing more, drop what comes. */
    val halt = Input(Bool())

    /** The units have executed all that was dispatched. */
    val quiet   = Input(Bool())
    val request = Decoupled(new Burst)
    val data    = Flipped(Decoupled(new ReadBeat(config.dramBytes)))

    /** Queues by number (`ExecutionUnit`). */
    val queues = Vec(ExecutionUnit.count, Decoupled(new Instruction))
    val fault  = Valid(new FaultReport)

    /** The last instruction was dispatched. */
    val complete = Output(Bool())

    /** Something is asked for or on its way. */
    val inFlight = Output(Bool())

    /** A beat that belongs to the program came in this cycle. */
    val beat = Output(Bool())
  })

  // Words of 32 bytes: two of header, then the instructions.
  private val wordAddressBits = 32 - log2Ceil(Isa.instructionBytes)
  private val beatsPerWord    = Isa.instructionBytes / config.dramBytes
  private val firstWords      = math.min(Fetch.wordsAhead, AxiPort.burstBeats / beatsPerWord)
  private val headerWords     = Isa.headerBytes / Isa.instructionBytes
  require(headerWords == 2, s"the header has $headerWords words; its fields are expected in the first of two")

  private val failed  = RegInit(0.U.asTypeOf(Valid(new FaultReport)))
  private val stopped = io.halt || failed.valid

  // Asking: for the block that the header lies in, and, when the header is known, for blocks of `Fetch.blockWords`.
  private val asked     = RegInit(0.U(33.W))
  private val arrived   = RegInit(0.U(33.W))
  private val reserved  = RegInit(0.U(log2Ceil(Fetch.wordsAhead + 1).W))
  private val next      = Reg(UInt((wordAddressBits + 1).W))
  private val count     = Reg(UInt(32.W))
  private val known     = RegInit(false.B)
  private val total     = count +& headerWords.U
  private val first     = asked === 0.U
  private val here      = Mux(first, io.address >> log2Ceil(Isa.instructionBytes), next)
  private def toEnd(blockWords: Int): UInt = blockWords.U - here(log2Ceil(blockWords) - 1, 0)
  private val remaining = total - asked
  private val toBlock   = toEnd(Fetch.blockWords)
  private val words     = Mux(first, toEnd(firstWords), Mux(remaining > toBlock, toBlock, remaining(log2Ceil(Fetch.blockWords), 0)))
  private val overrun   = !first && next(wordAddressBits)
  private val wanted    = io.run && !stopped && (first || (known && asked < total)) && !overrun
  io.request.valid        := wanted && reserved +& words <= Fetch.wordsAhead.U
  io.request.bits.address := here(wordAddressBits - 1, 0) << log2Ceil(Isa.instructionBytes)
  io.request.bits.length  := (words << log2Ceil(beatsPerWord)) - 1.U
  when(io.request.fire) {
    asked := asked + words
    next  := (here +& words)(wordAddressBits, 0)
  }

  // Arriving: beats are joined to words.
  private val assembler = Module(new WordAssembler(config.dramBytes, Isa.instructionBytes))
  private val word      = assembler.io.word
  private val ahead     = Module(new Queue(new FetchedWord, Fetch.wordsAhead))
  assembler.io.data <> io.data
  private val index     = arrived - headerWords.U
  private val isHeader  = arrived < headerWords.U
  private val inProgram = isHeader || index < count
  when(word.valid) { arrived := arrived + 1.U }
  io.beat := io.data.fire && inProgram

  private def field(spec: FieldSpec): UInt = word.bits.data(spec.high, spec.low)
  private val verdict = Reg(UInt(4.W))
  when(word.valid && arrived === 0.U) {
    count   := field(HeaderFields.instructionCount)
    verdict := Mux(
      word.bits.error,
      Fault.dramError.U,
      Mux(
        field(HeaderFields.magic) =/= Isa.magic.U,
        Fault.badMagic.U,
        Mux(
          field(HeaderFields.isaVersion) =/= Isa.version.U,
          Fault.badVersion.U,
          Mux(field(HeaderFields.digest) =/= config.digest.U, Fault.badDigest.U, Fault.none.U)
        )
      )
    )
  }
  private val headerFault = Mux(word.bits.error, Fault.dramError.U, verdict)
  private val headerEnds  = word.valid && arrived === 1.U
  when(headerEnds && headerFault === Fault.none.U) { known := true.B }

  ahead.io.enq.valid      := word.valid && known && inProgram && !stopped
  ahead.io.enq.bits.data  := word.bits.data
  ahead.io.enq.bits.error := word.bits.error
  private val released = ahead.io.deq.fire +& (word.valid && !ahead.io.enq.valid)
  reserved := reserved + Mux(io.request.fire, words, 0.U) - released

  // Dispatching.
  private val dispatched  = RegInit(0.U(32.W))
  private val head        = ahead.io.deq.bits
  private val opcode      = head.data(CommonFields.opcode.high, CommonFields.opcode.low)
  private val unit        = Fetch.unitOf(opcode, head.data(SyncFields.unit.high, SyncFields.unit.low))
  private val legalOpcode = opcode =/= 0.U && opcode <= Opcode.count.U
  private val legal       = !head.error && legalOpcode && unit < ExecutionUnit.count.U
  private val headFault = Mux(head.error, Fault.dramError.U, Mux(legalOpcode, Fault.illegalField.U, Fault.illegalOpcode.U))
  for ((queue, number) <- io.queues.zipWithIndex) {
    queue.valid      := ahead.io.deq.valid && legal && unit === number.U && !stopped
    queue.bits.bits  := head.data
    queue.bits.index := dispatched
  }
  ahead.io.deq.ready := io.queues.map(_.fire).reduce(_ || _)
  when(ahead.io.deq.fire) { dispatched := dispatched + 1.U }

  private val endOfMemory = overrun && known && asked < total && asked === arrived && !ahead.io.deq.valid
  when(!stopped) {
    when(headerEnds && headerFault =/= Fault.none.U) {
      failed.valid      := true.B
      failed.bits.code  := headerFault
      failed.bits.index := 0.U
    }.elsewhen(io.quiet && ((ahead.io.deq.valid && !legal) || endOfMemory)) {
      failed.valid      := true.B
      failed.bits.code  := Mux(endOfMemory, Fault.dramError.U, headFault)
      failed.bits.index := dispatched
    }
  }
  io.fault    := failed
  io.complete := known && dispatched === count
  io.inFlight := asked =/= arrived || io.request.valid

  assert(!ahead.io.enq.valid || ahead.io.enq.ready, "an instruction without a place")
  assert(arrived <= asked, "DRAM sent words that were not asked for")
  assert(!known || dispatched <= count, "more instructions than the program has")
}

/** A word that came from DRAM. */
class FetchedWord extends Bundle {
  val data  = UInt((Isa.instructionBytes * 8).W)
  val error = Bool()
}

/** Sizes of the fetch unit. */
object Fetch {

  /** Instructions that are on their way or wait to be dispatched. */
  val wordsAhead = 16

  /** Words of a block: what a burst brings at most, but for the first, which brings up to 64 beats. */
  val blockWords = 8

  /** Number of the unit that an instruction is for. */
  private def unitOf(opcode: UInt, syncUnit: UInt): UInt = MuxLookup(opcode, ExecutionUnit.compute.U(2.W))(
    Seq(
      Opcode.load.U          -> ExecutionUnit.load.U,
      Opcode.store.U         -> ExecutionUnit.store.U,
      Opcode.storeCounters.U -> ExecutionUnit.store.U,
      Opcode.sync.U          -> syncUnit
    )
  )
}
