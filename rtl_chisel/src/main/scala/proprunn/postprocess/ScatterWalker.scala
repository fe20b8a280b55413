package proprunn.postprocess

import chisel3._
import chisel3.util.{Decoupled, Valid}
import proprunn.config.AcceleratorConfig

/** Splits finished rows into bank writes, one per cycle.
  *
  * Without scatter a row is one write. With scatter the rows of a tile walk its pixels in runs: to the end of the map row or of the tile, for stride
  * 2 once per column parity (for both at once where they are paired), for larger strides pixel by pixel. The end of a tile's last row is the start
  * of the next tile.
  */
class ScatterWalker(config: AcceleratorConfig) extends Module {
  val io = IO(new Bundle {
    val row      = Flipped(Decoupled(new RowTarget(config)))
    val mapPitch = Input(UInt(16.W))
    val settings = Input(new OutputSettings)

    /** A run of the row in front, in this cycle. */
    val run = Valid(new WriteRun(config))
  })
  private val s    = io.settings
  private val row  = io.row.bits
  private val work = row.work

  // Start of the tile, start of the instruction, and where the walk of this row stands.
  private val tileStart = Reg(new ScatterState)
  private val saved     = Reg(new ScatterState)
  private val running   = Reg(new ScatterState)
  private val walking   = RegInit(false.B)
  private val lane      = RegInit(0.U((config.laneBits + 1).W))
  private val second    = RegInit(false.B)

  private val start = Wire(new ScatterState)
  start := Mux(work.restart, ScatterState.start(io.mapPitch, s), tileStart)
  private val now = Wire(new ScatterState)
  now := Mux(walking, running, start)

  private val byParity = s.strideX === 2.U
  private val byPixel  = s.strideX > 2.U
  private val rest     = config.lanes.U - lane
  private val length   = Mux(byPixel, 1.U, Mux(now.left < rest, now.left, rest))(config.laneBits, 0)
  private val paired   = byParity && s.paired && !io.mapPitch(0) // then lanes and columns are odd together
  private val runEnds  = !byParity || paired || second || length === 1.U
  private val tileEnds = runEnds && length === rest
  private val next     = now.after(length, io.mapPitch, s)

  io.row.ready := !s.scatter || tileEnds
  when(io.row.valid && s.scatter) {
    second  := !runEnds
    walking := !tileEnds
    when(runEnds) {
      running := next
      lane    := Mux(tileEnds, 0.U, lane + length)
    }.otherwise {
      running := now
    }
    when(tileEnds && row.last) {
      tileStart := Mux(work.restore, Mux(work.save, start, saved), next)
      when(work.save)(saved := start)
    }
  }

  private val first = lane + second
  private val x     = now.x + second
  io.run.valid          := io.row.valid
  io.run.bits.signalA   := io.row.ready && row.last && work.signalA
  io.run.bits.signalB   := io.row.ready && row.last && work.signalB
  io.run.bits.index     := work.index
  io.run.bits.first     := 0.U
  io.run.bits.end       := config.lanes.U
  io.run.bits.alternate := false.B
  io.run.bits.paired    := false.B
  io.run.bits.apart     := s.phaseRows
  io.run.bits.linear    := 0.S
  io.run.bits.row       := row.outRow +& Mux(work.pool, 0.U, work.tile)
  when(s.scatter) {
    val column = Mux(byPixel, now.xDiv, Mux(byParity, x >> 1, x))
    val slot   = Mux(byParity, first >> 1, first)
    val phase  = Mux(byPixel, now.columnRow, Mux(byParity && x(0), s.phaseRows, 0.U))
    val moved  = Mux(byParity && x(0) && s.paired, (config.lanes / 2).U, 0.U)
    io.run.bits.first     := first(config.laneBits - 1, 0)
    io.run.bits.end       := lane + length
    io.run.bits.alternate := byParity && !paired
    io.run.bits.paired    := paired
    io.run.bits.linear    := now.base + (column +& moved).zext - slot.zext
    io.run.bits.row       := row.outRow +& now.rowRow +& phase
  }
  assert(!(io.row.valid && s.scatter && work.pool), "a pooled sum cannot be scattered")
  assert(!(io.row.valid && paired) || lane(0) === now.x(0), "paired columns that are odd where their lanes are even")
  assert(!(io.row.valid && s.scatter) || (s.strideX =/= 0.U && s.strideY =/= 0.U), "a scatter without a stride")
}
