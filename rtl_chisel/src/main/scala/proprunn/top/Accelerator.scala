package proprunn.top

import chisel3._
import chisel3.util.{log2Ceil, Fill, RegEnable, Valid}
import proprunn.bundles.{FaultReport, TokenPort}
import proprunn.bus._
import proprunn.config.AcceleratorConfig
import proprunn.control._
import proprunn.isa._

/** The whole accelerator: AXI4-Lite registers, an AXI4 master to DRAM, and a line that is high when a program has ended.
  *
  * START resets all units (not the memories), so programs follow each other without reset.
  */
class Accelerator(config: AcceleratorConfig) extends Module {

  /** The registers. */
  val s_axi: AxiLitePort = IO(new AxiLitePort)

  /** DRAM. Read ids: 0 fetch, 1 load. */
  val m_axi: AxiPort = IO(new AxiPort(config.dramBytes))

  /** The last program ended, well or with an error. */
  val done: Bool = IO(Output(Bool()))

  private val registers  = Module(new Registers(config))
  private val supervisor = Module(new Supervisor(Accelerator.faultSources))
  private val compute    = Module(new ComputeUnit(config))

  private val clear = reset.asBool || registers.io.start
  private def cleared[T <: Module](module: => T): T = withReset(clear)(Module(module))
  private val counters = cleared(new Counters(config))
  private val tokens   = cleared(new Tokens)
  private val fetch    = cleared(new Fetch(config))
  private val load     = cleared(new LoadUnit(config))
  private val store    = cleared(new StoreUnit(config))
  private val arbiter  = cleared(new AxiReadArbiter(config.dramBytes, 2))
  private val queues   = Accelerator.keptBits.map(bits => cleared(new UnitQueue(config.queueDepth, bits)))

  // Registers and supervision.
  s_axi <> registers.io.axi
  registers.io.status   := supervisor.io.status
  registers.io.fault    := supervisor.io.fault
  registers.io.counters := counters.io.live
  supervisor.io.start   := registers.io.start
  done                  := supervisor.io.status === Status.done.U || supervisor.io.status === Status.error.U

  private val tokenFault = Wire(Valid(new FaultReport))
  tokenFault.valid      := tokens.io.overflow
  tokenFault.bits.code  := Fault.tokenOverflow.U
  tokenFault.bits.index := 0.U
  supervisor.io.faults        := VecInit(Seq(fetch.io.fault, load.io.fault, compute.io.fault, store.io.fault, tokenFault))
  supervisor.io.fetchComplete := fetch.io.complete
  supervisor.io.fetchInFlight := fetch.io.inFlight
  supervisor.io.dispatched    := fetch.io.queues.map(_.fire).reduce(_ || _)
  private val states = Seq(load.io.idle -> load.io.waiting, compute.io.idle -> compute.io.waiting, store.io.idle -> store.io.waiting)
  for (((state, (idle, waiting)), queue) <- supervisor.io.units.zip(states).zip(queues)) {
    state.idle       := idle
    state.waiting    := waiting
    state.queueEmpty := queue.io.empty
    state.index      := queue.io.out.bits.index
  }
  // The compute unit takes an instruction in before its tokens are there.
  supervisor.io.units(ExecutionUnit.compute).index := RegEnable(compute.io.instruction.bits.index, compute.io.instruction.fire)

  // Program and tokens.
  fetch.io.run     := supervisor.io.running
  fetch.io.address := registers.io.programAddress
  fetch.io.halt    := supervisor.io.halt
  fetch.io.quiet   := supervisor.io.quiet
  for ((queue, in) <- queues.zip(fetch.io.queues)) queue.io.in <> in
  load.io.instruction <> queues(ExecutionUnit.load).io.out
  compute.io.instruction <> queues(ExecutionUnit.compute).io.out
  store.io.instruction <> queues(ExecutionUnit.store).io.out
  for ((port, unit) <- Seq[TokenPort](load.io.tokens, compute.io.tokens, store.io.tokens).zipWithIndex) tokens.io.units(unit) <> port

  // Memories.
  compute.io.start       := registers.io.start
  compute.io.halt        := supervisor.io.halt
  load.io.halt           := supervisor.io.halt
  store.io.halt          := supervisor.io.halt
  compute.io.vectorWrite := load.io.vectorWrite
  compute.io.listWrite   := load.io.listWrite
  compute.io.recordWrite := load.io.recordWrite
  compute.io.bankWrite <> load.io.bankWrite
  compute.io.bankRead <> store.io.bankRead
  store.io.bankReadData := compute.io.bankReadData

  // Counters.
  counters.io.running      := supervisor.io.running
  counters.io.compute      := compute.io.events
  counters.io.readBeat     := fetch.io.beat || load.io.data.fire
  counters.io.writeBeat    := store.io.beat.fire && store.io.beat.bits.enable
  counters.io.loadBusy     := load.io.busy
  counters.io.storeBusy    := store.io.busy
  counters.io.snapshot     := compute.io.snapshot
  counters.io.arrayDone    := compute.io.arrayDone
  counters.io.drainDone    := compute.io.drainDone
  compute.io.snapshotReady := counters.io.snapshotReady
  store.io.snapshot <> counters.io.oldest

  // Reads from DRAM.
  arbiter.io.request(0) <> fetch.io.request
  arbiter.io.request(1) <> load.io.request
  fetch.io.data <> arbiter.io.data(0)
  load.io.data <> arbiter.io.data(1)
  private val read = arbiter.io.axi
  m_axi.arid           := read.requestId
  m_axi.araddr         := read.request.bits.address
  m_axi.arlen          := read.request.bits.length
  m_axi.arsize         := log2Ceil(config.dramBytes).U
  m_axi.arburst        := AxiPort.incrementing.U
  m_axi.arvalid        := read.request.valid
  read.request.ready   := m_axi.arready
  read.data.valid      := m_axi.rvalid
  read.data.bits.data  := m_axi.rdata
  read.data.bits.error := m_axi.rresp =/= AxiPort.okay.U
  read.dataId          := m_axi.rid
  m_axi.rready         := read.data.ready

  // Writes to DRAM.
  m_axi.awid               := 0.U
  m_axi.awaddr             := store.io.request.bits.address
  m_axi.awlen              := store.io.request.bits.length
  m_axi.awsize             := log2Ceil(config.dramBytes).U
  m_axi.awburst            := AxiPort.incrementing.U
  m_axi.awvalid            := store.io.request.valid
  store.io.request.ready   := m_axi.awready
  m_axi.wdata              := store.io.beat.bits.data
  m_axi.wstrb              := Fill(config.dramBytes, store.io.beat.bits.enable)
  m_axi.wlast              := store.io.beat.bits.last
  m_axi.wvalid             := store.io.beat.valid
  store.io.beat.ready      := m_axi.wready
  store.io.response.valid  := m_axi.bvalid
  store.io.response.bits   := m_axi.bresp =/= AxiPort.okay.U
  m_axi.bready             := store.io.response.ready
}

/** What the parts of the accelerator have in common. */
object Accelerator {

  /** Fetch, the three units, and the tokens. */
  private val faultSources = 5

  /** Low bits of an instruction that each unit's formats use. */
  private val keptBits: Seq[Int] = Seq(
    LoadFields.localStride.high + 1,
    Seq(GeometryFields.padValue, OutputFields.paired, ComputeFields.lag, MarkFields.layer).map(_.high).max + 1,
    StoreFields.localStride.high + 1
  )
}
