package proprunn.control

import chisel3._
import chisel3.util.{log2Ceil, Decoupled, MuxLookup, Valid}
import proprunn.bundles.FaultReport
import proprunn.bus.ReadBeat
import proprunn.config.AcceleratorConfig
import proprunn.isa.{Fault, Target}

/** A plane whose beats are on their way, or (without beats) the tokens of a SYNC. */
class IncomingPlane extends Bundle {
  val target     = UInt(2.W)
  val address    = UInt(24.W)
  val beats      = UInt(24.W)
  val tokensOnly = Bool()

  /** Its last word completes the job. */
  val last       = Bool()
  val completion = new Completion
}

/** A physical word for one of the memories; a bank row may be filled only up to a certain beat. */
class GatheredWord(wordBytes: Int, slotBits: Int) extends Bundle {
  val target  = UInt(2.W)
  val address = UInt(24.W)
  val data    = UInt((wordBytes * 8).W)

  /** Number of the last beat that is filled. */
  val lastSlot = UInt(slotBits.W)

  /** Nothing is written: the word only carries the completion of a SYNC. */
  val tokensOnly = Bool()
  val last       = Bool()
  val completion = new Completion
}

/** Gathers the beats of planes, in order, into physical words. */
class PlaneGatherer(config: AcceleratorConfig) extends Module {
  private val beatsPerWord = new TransferDecoder(config).memories.map(_.beatsPerWord)
  private val slots        = beatsPerWord.max

  /** Bytes of the widest word. */
  val wordBytes: Int = slots * config.dramBytes

  /** Bits that number the beats of a word. */
  val slotBits: Int = math.max(1, log2Ceil(slots))

  /** Ports of the gatherer. */
  val io = IO(new Bundle {
    val plane = Flipped(Decoupled(new IncomingPlane))
    val data  = Flipped(Decoupled(new ReadBeat(config.dramBytes)))
    val word  = Decoupled(new GatheredWord(wordBytes, slotBits))

    /** A plane is inside. */
    val active = Output(Bool())

    /** In the cycle in which a beat arrives that DRAM could not read. */
    val fault = Valid(new FaultReport)
  })

  private val active    = RegInit(false.B)
  private val plane     = Reg(new IncomingPlane)
  private val beatsLeft = Reg(UInt(24.W))
  private val slot      = Reg(UInt(slotBits.W))
  private val gathered  = Reg(Vec(slots, UInt(config.dramBits.W)))

  io.data.ready := active && !plane.tokensOnly && io.word.ready
  private val lastBeat = beatsLeft === 1.U
  private val lastSlot = MuxLookup(plane.target, 0.U)(beatsPerWord.zipWithIndex.map { case (beats, i) => i.U -> (beats - 1).U })
  private val full     = slot === lastSlot || lastBeat
  private val finished = active && Mux(plane.tokensOnly, io.word.ready, io.data.fire && lastBeat)

  io.word.valid           := active && (plane.tokensOnly || (io.data.valid && full))
  io.word.bits.target     := plane.target
  io.word.bits.address    := plane.address
  io.word.bits.data       := VecInit((0 until slots).map(i => Mux(i.U < slot, gathered(i), io.data.bits.data))).asUInt
  io.word.bits.lastSlot   := slot
  io.word.bits.tokensOnly := plane.tokensOnly
  io.word.bits.last       := plane.last && (plane.tokensOnly || lastBeat)
  io.word.bits.completion := plane.completion

  io.active           := active
  io.fault.valid      := io.data.fire && io.data.bits.error
  io.fault.bits.code  := Fault.dramError.U
  io.fault.bits.index := plane.completion.index

  when(io.data.fire) {
    beatsLeft := beatsLeft - 1.U
    slot      := Mux(full, 0.U, slot + 1.U)
    when(full) { plane.address := plane.address + 1.U }
      .otherwise { gathered(slot) := io.data.bits.data }
  }
  io.plane.ready := !active || finished
  when(io.plane.ready) { active := io.plane.valid }
  when(io.plane.fire) {
    plane     := io.plane.bits
    beatsLeft := io.plane.bits.beats
    slot      := 0.U
  }
  assert(!(io.data.fire && lastBeat) || slot === lastSlot || plane.target === Target.bank.U, "a scratchpad word was left unfinished")
  assert(!io.data.fire || beatsLeft =/= 0.U, "a beat without a place")
}
