package proprunn.control

import chisel3._
import chisel3.util.{log2Ceil, MuxLookup}
import proprunn.bundles.Instruction
import proprunn.config.{AcceleratorConfig, ScratchShape}
import proprunn.isa._

/** Turns instructions into transfer jobs and checks their fields, as `hwservice/interpreter/memory.py` does. */
class TransferDecoder(config: AcceleratorConfig) {
  private val beatBits = log2Ceil(config.dramBytes)

  /** The activation banks, seen as a memory whose words are bank rows. */
  val banks: ScratchShape = ScratchShape(config.lanes, config.bankDepth, config.dramBytes)

  /** Memories by number (`Target`). */
  val memories: Seq[ScratchShape] = Seq(config.vectorMemory, config.listMemory, config.recordMemory, banks)
  require(memories.size == Target.count, s"${memories.size} memories for ${Target.count} targets")

  /** A LOAD, or a SYNC in the load unit's queue. */
  def load(instruction: Instruction): TransferJob = {
    val job    = Wire(new TransferJob)
    val target = instruction(LoadFields.target)
    val f      = LoadFields
    common(job, instruction)
    job.counters := false.B
    job.target   := target
    transfer(job, instruction, f.dramAddress, f.beats, f.planes, f.dramStride)

    val local = memories.map(place(_, instruction(f.localAddress), instruction(f.localStride), job))
    def ofTarget[T <: Data](choose: Place => T): T =
      MuxLookup(target, choose(local.last))(local.zipWithIndex.map { case (p, i) => i.U -> choose(p) })
    job.local       := ofTarget(_.start)
    job.localStride := ofTarget(_.stride)
    job.lastStart   := ofTarget(_.lastStart)
    job.illegal     := illegalTransfer(job) || (target =/= Target.bank.U && ofTarget(_.ragged))
    job
  }

  /** A STORE, a STORE_COUNTERS or a SYNC in the store unit's queue. */
  def store(instruction: Instruction): TransferJob = {
    val job = Wire(new TransferJob)
    val f   = StoreFields
    common(job, instruction)
    require(StoreCountersFields.dramAddress == f.dramAddress, s"DRAM address of STORE_COUNTERS is at ${StoreCountersFields.dramAddress}")
    job.counters := instruction(f.opcode) === Opcode.storeCounters.U
    job.target   := Target.bank.U
    transfer(job, instruction, f.dramAddress, f.beats, f.planes, f.dramStride)
    val local = place(banks, instruction(f.localAddress), instruction(f.localStride), job)
    job.local       := local.start
    job.localStride := local.stride
    job.lastStart   := local.lastStart
    job.illegal     := illegalTransfer(job)
    when(job.counters) {
      job.beats     := (TransferDecoder.snapshotBytes / config.dramBytes).U
      job.planes    := 1.U
      job.local     := 0.U
      job.lastStart := 0.S
      job.illegal   := unaligned(job.address)
    }
    job
  }

  private def common(job: TransferJob, instruction: Instruction): Unit = {
    job.tokensOnly         := instruction(CommonFields.opcode) === Opcode.sync.U
    job.completion.signalA := instruction.flag(CommonFields.signalA)
    job.completion.signalB := instruction.flag(CommonFields.signalB)
    job.completion.index   := instruction.index
  }

  private def transfer(job: TransferJob, i: Instruction, address: FieldSpec, beats: FieldSpec, planes: FieldSpec, stride: FieldSpec): Unit = {
    job.address := i(address)
    job.beats   := i(beats)
    job.planes  := i(planes)
    job.stride  := i(stride)
  }

  private def unaligned(address: UInt): Bool = address(beatBits - 1, 0).orR

  private def illegalTransfer(job: TransferJob): Bool =
    job.beats === 0.U || job.planes === 0.U || unaligned(job.address) || (job.planes > 1.U && unaligned(job.stride))

  /** Where a transfer lies in a memory, in physical words. `ragged`: it starts, ends or strides inside a word. */
  private class Place(val start: UInt, val stride: UInt, val lastStart: SInt, val ragged: Bool)

  private def place(memory: ScratchShape, start: UInt, stride: UInt, job: TransferJob): Place = {
    val elementBits = log2Ceil(memory.elementsPerWord)
    val gatherBits  = log2Ceil(memory.beatsPerWord)
    val words       = (job.beats +& (memory.beatsPerWord - 1).U) >> gatherBits
    val remainders  = Seq(job.beats -> gatherBits, start -> elementBits)
    def cut(value: UInt, bits: Int): Bool = if (bits == 0) false.B else value(bits - 1, 0).orR
    val ragged = remainders.map { case (value, bits) => cut(value, bits) }.reduce(_ || _) || (job.planes > 1.U && cut(stride, elementBits))
    val lastStart = memory.words.S(26.W) - words.zext
    new Place(start >> elementBits, stride >> elementBits, lastStart, ragged)
  }
}

/** Sizes that are the same for all accelerators. */
object TransferDecoder {

  /** Bytes of a snapshot. */
  val snapshotBytes: Int = Counter.count * 4
}
