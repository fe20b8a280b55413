package proprunn.control

import chisel3._
import chisel3.util.{log2Ceil, Decoupled, Valid}
import proprunn.bundles.FaultReport
import proprunn.bus.AxiPort
import proprunn.config.AcceleratorConfig
import proprunn.isa.Fault

/** Walks the planes of a job and cuts them into bursts, one per cycle, without a gap between jobs.
  *
  * A burst ends at a multiple of `AxiPort.burstBeats` beats, so none crosses a 4 KiB border. A plane that cannot be walked (an illegal
  * field, words beyond the memory, an address beyond 4 GiB) stops the walk for good: `fault` then stays valid.
  */
class BurstWalker(config: AcceleratorConfig) extends Module {

  /** Ports of the walker. */
  val io = IO(new Bundle {
    val job  = Flipped(Decoupled(new TransferJob))
    val step = Decoupled(new TransferStep)

    /** A job is inside. */
    val active = Output(Bool())
    val fault  = Valid(new FaultReport)
  })
  private val beatBits  = log2Ceil(config.dramBytes)
  private val blockBits = log2Ceil(AxiPort.burstBeats)
  require(config.dramBytes * AxiPort.burstBeats <= 4096, s"a burst of ${AxiPort.burstBeats} beats of ${config.dramBytes} bytes crosses 4 KiB")

  private val active = RegInit(false.B)
  private val job    = Reg(new TransferJob)

  // One bit more than an address: set when it ran past the end of the address space.
  private val planeAddress = Reg(UInt(33.W))
  private val address      = Reg(UInt(33.W))
  private val local        = Reg(UInt(25.W))
  private val beatsLeft    = Reg(UInt(24.W))
  private val planesLeft   = Reg(UInt(16.W))
  private val opensPlane   = Reg(Bool())

  private val beatInBlock = address(beatBits + blockBits - 1, beatBits)
  private val toBlockEnd  = AxiPort.burstBeats.U - beatInBlock
  private val closesPlane = beatsLeft <= toBlockEnd
  private val burstBeats  = Mux(closesPlane, beatsLeft, toBlockEnd)
  private val lastPlane   = planesLeft === 1.U

  private val misplaced = local.zext > job.lastStart
  private val illegal   = active && !job.tokensOnly && (job.illegal || misplaced)
  private val overrun   = active && !job.tokensOnly && address(32)
  io.fault.valid      := illegal || overrun
  io.fault.bits.code  := Mux(illegal, Fault.illegalField.U, Fault.dramError.U)
  io.fault.bits.index := job.completion.index

  io.active               := active
  io.step.valid           := active && !io.fault.valid
  io.step.bits.burst      := !job.tokensOnly
  io.step.bits.address    := address(31, 0)
  io.step.bits.length     := (burstBeats - 1.U)(7, 0)
  io.step.bits.opensPlane := opensPlane
  io.step.bits.lastPlane  := lastPlane
  io.step.bits.closesJob  := job.tokensOnly || (lastPlane && closesPlane)
  io.step.bits.local      := local(23, 0)
  io.step.bits.planeBeats := job.beats
  io.step.bits.counters   := job.counters
  io.step.bits.target     := job.target
  io.step.bits.completion := job.completion

  private val closing = io.step.fire && io.step.bits.closesJob
  io.job.ready := !active || closing

  when(io.step.fire) {
    opensPlane := closesPlane
    when(closesPlane) {
      planesLeft   := planesLeft - 1.U
      planeAddress := planeAddress + job.stride
      address      := planeAddress + job.stride
      local        := local + job.localStride
      beatsLeft    := job.beats
    }.otherwise {
      address   := address + (burstBeats << beatBits)
      beatsLeft := beatsLeft - burstBeats
    }
  }
  when(io.job.ready) { active := io.job.valid }
  when(io.job.fire) {
    job          := io.job.bits
    planeAddress := io.job.bits.address
    address      := io.job.bits.address
    local        := io.job.bits.local
    beatsLeft    := io.job.bits.beats
    planesLeft   := io.job.bits.planes
    opensPlane   := true.B
  }
  assert(!(io.step.fire && io.step.bits.burst) || (burstBeats > 0.U && burstBeats <= AxiPort.burstBeats.U), "a burst has 1 to 64 beats")
  assert(!(io.step.fire && io.step.bits.burst) || planesLeft > 0.U, "a burst after the last plane")
}
