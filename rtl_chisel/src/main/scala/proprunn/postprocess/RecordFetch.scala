package proprunn.postprocess

import chisel3._
import chisel3.util.{Decoupled, Queue}
import proprunn.config.AcceleratorConfig
import proprunn.isa.{FieldSpec, RecordFields}
import proprunn.memory.ScratchRead

/** Reads the filter records of queued jobs ahead of their sums. A job is pushed when its tile's last vector is issued. */
class RecordFetch(config: AcceleratorConfig) extends Module {
  val io = IO(new Bundle {
    val jobs = Flipped(Decoupled(new DrainJob(config)))
    val read = new ScratchRead(config.recordMemory)
    val rows = Decoupled(new RowWork)
    val busy = Output(Bool())
  })
  private val jobs = Module(new Queue(new DrainJob(config), RecordFetch.jobs))
  private val rows = Module(new Queue(new RowWork, RecordFetch.rows))
  jobs.io.enq <> io.jobs
  io.rows     <> rows.io.deq

  // Rows asked for and not handed on: never more than the queue holds.
  private val pending = RegInit(0.U(3.W))
  private val row     = RegInit(0.U(config.rows.U.getWidth.W))
  private val job     = jobs.io.deq.bits
  private val ask     = jobs.io.deq.valid && pending =/= RecordFetch.rows.U
  private val last    = row +& 1.U >= job.rows
  pending           := pending + ask - io.rows.fire
  jobs.io.deq.ready := ask && last
  when(ask)(row := Mux(last, 0.U, row + 1.U))
  io.read.enable  := ask
  io.read.address := job.record + row

  private val asked = RegNext(ask, false.B)
  private val next  = Reg(new RowWork)
  when(ask) {
    next.work  := job.work
    next.real  := job.rows =/= 0.U
    next.first := row === 0.U
    next.last  := last
  }
  private def field(spec: FieldSpec): UInt = io.read.data(spec.high, spec.low)
  rows.io.enq.valid           := asked
  rows.io.enq.bits            := next
  rows.io.enq.bits.bias       := field(RecordFields.bias).asSInt
  rows.io.enq.bits.multiplier := field(RecordFields.multiplier)
  rows.io.enq.bits.shift      := field(RecordFields.shift)
  rows.io.enq.bits.skipEnable := field(RecordFields.skipEnable).asBool && next.real
  rows.io.enq.bits.outRow     := field(RecordFields.outRow)
  rows.io.enq.bits.skipRow    := field(RecordFields.skipRow)

  io.busy := jobs.io.deq.valid || pending =/= 0.U
  assert(!ask || job.rows === 0.U || job.record +& row < config.recordDepth.U, "a record is read beyond the record memory")
  assert(!asked || rows.io.enq.ready, "a record arrived and there is no room for it")
}

/** Depths of the drain's front. */
object RecordFetch {

  /** Jobs that wait: more than there are stages between issue and drain, so that tiles of one vector flow. */
  val jobs = 16

  /** Records that wait: as many as hide the record memory's latency. */
  val rows = 4
}
