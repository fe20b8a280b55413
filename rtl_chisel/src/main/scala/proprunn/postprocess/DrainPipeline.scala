package proprunn.postprocess

import chisel3._
import chisel3.util.{Decoupled, Queue, Valid}
import proprunn.config.AcceleratorConfig
import proprunn.memory.{BankStore, ScratchRead}

/** From a finished tile to bank writes.
  *
  * Rows leave the drain registers, one per cycle, into the requantiser, which never waits: a row enters only where a place behind it is free,
  * and its skip row is asked for in the same cycle. A pooled row passes the sum over lanes first. A fresh tile waits until everything before it
  * is written, and takes the settings over.
  */
class DrainPipeline(config: AcceleratorConfig) extends Module {
  val io = IO(new Bundle {

    /** Settings of the newest COMPUTE; a fresh tile takes them over, and `switched` says so. */
    val settings   = Input(new OutputSettings)
    val mapPitch   = Input(UInt(16.W))
    val switched   = Output(Bool())
    val jobs       = Flipped(Decoupled(new DrainJob(config)))
    val recordRead = new ScratchRead(config.recordMemory)

    /** A tile's sums and its lanes inside the window. */
    val sums     = Flipped(Decoupled(Vec(config.rows, Vec(config.lanes, SInt(32.W)))))
    val mask     = Input(UInt(config.lanes.W))
    val skip     = Decoupled(UInt(config.rowBits.W))
    val skipData = Input(Vec(config.lanes, UInt(8.W)))
    val write    = Valid(new BankStore(config))
    val signalA  = Output(Bool())
    val signalB  = Output(Bool())

    /** A filter leaves the drain registers. */
    val drained    = Output(Bool())
    val skipFault  = Valid(UInt(32.W))
    val writeFault = Valid(UInt(32.W))

    /** The last write of a job's last row is decided: it is in the banks within 3 cycles. */
    val ended = Output(Bool())

    /** Nothing left to do. */
    val idle = Output(Bool())
  })
  private val records = Module(new RecordFetch(config))
  records.io.jobs <> io.jobs
  io.recordRead   <> records.io.read
  private val row = records.io.rows.bits

  // Settings in force: those of the rows behind the drain registers.
  private val settings = Reg(new OutputSettings)
  private val mapPitch = Reg(UInt(16.W))
  private val switched = RegInit(false.B)
  private val fresh    = row.work.fresh && row.first

  // The drain registers and, for pooled rows, the sum over lanes.
  private val registers = Module(new DrainRegisters(config))
  private val laneSum   = Module(new LaneSum(config.lanes))
  private val poolWait  = LaneSum.latency(config.lanes)
  private val occupied  = RegInit(false.B)
  private val mask      = Reg(UInt(config.lanes.W))
  private val summed    = RegInit(VecInit(Seq.fill(poolWait)(false.B))) // stages of the sum over lanes that hold a row
  laneSum.io.in     := registers.io.front

  // Places behind the requantiser.
  private val places  = RegInit(DrainPipeline.places.U)
  private val present = !row.real || (occupied && (!row.work.pool || summed.last))
  private val fits    = records.io.rows.valid && places =/= 0.U && present && (!fresh || switched)
  private val enter   = fits && (!row.skipEnable || io.skip.ready)
  private val drained = enter && row.real
  private val freed   = drained && row.last
  private val skipRow = row.skipRow +& Mux(row.work.pool, 0.U, row.work.tile)
  records.io.rows.ready := enter
  io.skip.valid         := fits && row.skipEnable
  io.skip.bits          := skipRow(config.rowBits - 1, 0)
  io.skipFault.valid    := enter && row.skipEnable && skipRow >= config.bankDepth.U
  io.skipFault.bits     := row.work.index
  io.drained            := drained

  private val summing = records.io.rows.valid && row.work.pool && occupied && (!summed.last || enter)
  private val load    = io.sums.valid && io.sums.ready
  io.sums.ready      := !occupied || freed
  registers.io.load  := load
  registers.io.sums  := io.sums.bits
  registers.io.shift := Mux(row.work.pool, summing, drained)
  when(load) {
    occupied := true.B
    mask     := io.mask
  }.elsewhen(freed) {
    occupied := false.B
  }
  // Rows move through the sum over lanes as they leave it; what follows a tile's last row there is dropped.
  laneSum.io.enable := summing
  when(load || freed) {
    summed.foreach(_ := false.B)
  }.elsewhen(summing) {
    summed := VecInit(true.B +: summed.init)
  }

  // Requantisation, and beside it what the writer has to know.
  private val requantiser = Module(new Requantiser(config))
  requantiser.io.in.valid   := enter
  requantiser.io.in.bits    := registers.io.front
  requantiser.io.bias       := row.bias
  requantiser.io.multiplier := row.multiplier
  requantiser.io.shift      := row.shift
  requantiser.io.skipEnable := row.skipEnable
  requantiser.io.skip       := io.skipData
  requantiser.io.settings   := settings
  when(row.work.pool)(requantiser.io.in.bits(0) := laneSum.io.out)

  private val targets = Module(new Queue(new RowTarget(config), DrainPipeline.places))
  private val values  = Module(new Queue(chiselTypeOf(requantiser.io.out.bits), DrainPipeline.places))
  targets.io.enq.valid       := enter
  targets.io.enq.bits.work   := row.work
  targets.io.enq.bits.last   := row.last
  targets.io.enq.bits.outRow := row.outRow
  targets.io.enq.bits.mask   := Mux(row.real, Mux(row.work.pool, 1.U, mask), 0.U)
  values.io.enq.valid        := requantiser.io.out.valid
  values.io.enq.bits         := requantiser.io.out.bits

  // Writes.
  private val walker = Module(new ScatterWalker(config))
  private val writer = Module(new DrainWriter(config))
  private val leave  = values.io.deq.fire
  walker.io.row.valid  := values.io.deq.valid
  walker.io.row.bits   := targets.io.deq.bits
  walker.io.mapPitch   := mapPitch
  walker.io.settings   := settings
  values.io.deq.ready  := walker.io.row.ready
  targets.io.deq.ready := leave
  writer.io.run        := walker.io.run
  writer.io.data       := values.io.deq.bits
  writer.io.mask       := targets.io.deq.bits.mask
  io.write             := writer.io.write
  io.signalA           := writer.io.signalA
  io.signalB           := writer.io.signalB
  io.writeFault        := writer.io.fault

  places := places - enter + leave
  private val empty = places === DrainPipeline.places.U && !writer.io.busy
  switched    := !enter && (switched || io.switched)
  io.switched := records.io.rows.valid && fresh && !switched && empty
  when(io.switched) {
    settings := io.settings
    mapPitch := io.mapPitch
  }
  io.ended := leave && targets.io.deq.bits.last
  io.idle  := !records.io.busy && !occupied && empty
  assert(!enter || targets.io.enq.ready, "a row entered the drain and there is no place behind it")
  assert(!requantiser.io.out.valid || values.io.enq.ready, "a requantised row found no place")
  assert(!leave || targets.io.deq.valid, "a requantised row has lost its target")
}

/** Depths of the drain. */
object DrainPipeline {

  /** Rows between the drain registers and their writes: enough that the requantiser's latency does not hold rows back. */
  val places = 16
}
