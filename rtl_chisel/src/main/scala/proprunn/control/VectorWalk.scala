package proprunn.control

import chisel3._
import chisel3.util.{Decoupled, Valid}
import proprunn.array.{Geometry, VectorIssue}
import proprunn.bundles.Instruction
import proprunn.config.AcceleratorConfig
import proprunn.isa.ComputeFields
import proprunn.postprocess.DrainJob

/** Runs COMPUTE: issues one vector per cycle, tile after tile, and tells the drain of every tile it will meet.
  *
  * The next instruction may start in the cycle in which the last vector is issued, so that none is lost. Behind new settings or MARK its vectors wait
  * for the drains before it, but for the first `ahead` ones, which wait for all of those drains but `lag`.
  */
class VectorWalk(config: AcceleratorConfig) extends Module {
  val io = IO(new Bundle {
    val start    = Flipped(Decoupled(new ComputeCommand))

    /** A MARK takes its turn: behind the instructions before, one of which may issue its last vector now. */
    val mark     = Input(Bool())
    val stop     = Input(Bool())
    val advance  = Input(Bool())
    val geometry = Input(new Geometry(config))
    val scatter  = Input(Bool())

    /** A vector, in the cycle in which the array takes it. */
    val issue  = Valid(new VectorIssue(config))
    val jobs   = Decoupled(new DrainJob(config))

    /** A job's last row is written; the drain has taken over the settings of a fresh one. */
    val ended    = Input(Bool())
    val switched = Input(Bool())
    val active   = Output(Bool())

    /** The last vector is issued in this cycle. */
    val ends = Output(Bool())

    /** The next vector waits for drains. */
    val fenced = Output(Bool())

    /** All drains before the last border (new settings, MARK) are written, or will be before a vector issued now reads. */
    val landed = Output(Bool())

    /** Settings have reached the array and the drain: they may be replaced. */
    val settled = Output(Bool())
  })
  private val f = ComputeFields

  private val active      = RegInit(false.B)
  private val command     = Reg(new ComputeCommand)
  private val restarts    = Reg(Bool())
  private val loads       = Reg(Bool())
  private val vectorsLeft = Reg(UInt(f.listLength.bits.W))
  private val tilesLeft   = Reg(UInt(f.tiles.bits.W))
  private val list        = Reg(UInt(config.listMemory.elementAddressBits.W))
  private val vector      = Reg(UInt(config.vectorMemory.elementAddressBits.W))
  private val newTile     = Reg(Bool())
  private val firstTile   = Reg(Bool())

  // Fields are wider than the memories; FieldCheck has seen that they fit.
  private def listStart(i: Instruction): UInt   = i(f.listAddress)(list.getWidth - 1, 0)
  private def vectorStart(i: Instruction): UInt = i(f.vectorAddress)(vector.getWidth - 1, 0)

  private val current    = command.instruction
  private val lastVector = vectorsLeft === 1.U
  private val lastTile   = tilesLeft === 1.U
  private val pool       = current.flag(f.pool)
  private val drains     = current.flag(f.last) && (!pool || lastTile)
  private val needsJob   = lastVector && (drains || io.scatter)

  // Jobs under way, and those of them from before the last border.
  private val jobsLeft = RegInit(0.U(VectorWalk.jobBits.W))
  private val old      = RegInit(0.U(VectorWalk.jobBits.W))
  private val ahead    = Reg(UInt(f.ahead.bits.W))
  private val lag      = Reg(UInt(f.lag.bits.W))
  private val jobsNext = jobsLeft + io.jobs.fire - io.ended
  private val border   = io.mark || (io.start.fire && io.start.bits.settle)
  jobsLeft  := jobsNext
  io.landed := old === 0.U
  io.fenced := active && !io.landed && (ahead === 0.U || old > lag)
  when(border)(old := jobsNext).elsewhen(io.ended && !io.landed)(old := old - 1.U)
  assert(!io.ended || jobsLeft =/= 0.U, "a drain ended that was never begun")
  assert(!io.jobs.fire || !jobsLeft.andR, "more drains under way than can be counted")

  // Where the settings of this instruction are: not yet in the array; not yet with a job; with a job that the drain has not begun.
  private val newSettings = RegInit(false.B)
  private val fresh       = RegInit(false.B)
  private val unswitched  = RegInit(false.B)
  private val opens       = RegInit(false.B)
  unswitched := (io.jobs.fire && fresh) || (unswitched && !io.switched)
  fresh      := (io.start.fire && io.start.bits.settle) || (fresh && !io.jobs.fire)
  io.settled := !newSettings && !unswitched && !(io.jobs.valid && fresh)

  private val able       = active && !io.stop && io.advance && !io.fenced
  private val fire       = able && (!needsJob || io.jobs.ready)
  private val ends       = fire && lastVector && lastTile
  private val starts     = io.start.fire
  io.start.ready := !io.stop && (!active || ends)
  io.active      := active
  io.ends        := ends
  opens          := io.mark || (opens && !fire)
  newSettings    := (starts && io.start.bits.fence) || (newSettings && !fire)

  // Sums start at 0 with the first COMPUTE after START, whatever it says.
  private val sumsHeld = RegInit(false.B)
  when(starts)(sumsHeld := true.B)

  when(fire) {
    newTile     := lastVector
    ahead       := Mux(ahead === 0.U, 0.U, ahead - 1.U)
    vectorsLeft := Mux(lastVector, current(f.listLength), vectorsLeft - 1.U)
    list        := Mux(lastVector, listStart(current), list + 1.U)
    vector      := Mux(lastVector, vectorStart(current), vector + 1.U)
    when(lastVector) {
      tilesLeft := tilesLeft - 1.U
      firstTile := false.B
    }
  }
  when(starts) {
    val next = io.start.bits.instruction
    command     := io.start.bits
    restarts    := next.flag(f.rewind) || io.start.bits.fence
    loads       := next.flag(f.first) || !sumsHeld
    vectorsLeft := next(f.listLength)
    tilesLeft   := next(f.tiles)
    list        := listStart(next)
    vector      := vectorStart(next)
    newTile     := true.B
    firstTile   := true.B
    ahead       := Mux(io.start.bits.settle, next(f.ahead), 0.U)
    lag         := next(f.lag)
  }
  active := starts || (active && !ends && !io.stop)

  private val cursor = Module(new TileCursor(config))
  cursor.io.geometry := io.geometry
  cursor.io.start    := starts
  cursor.io.restart  := io.start.bits.instruction.flag(f.rewind) || io.start.bits.fence
  cursor.io.step     := fire && lastVector
  cursor.io.restore  := lastTile && current.flag(f.hold)

  private val issue = io.issue.bits
  io.issue.valid      := fire
  issue.listAddress   := list
  issue.vectorAddress := vector
  issue.position      := cursor.io.position
  issue.newTile       := newTile
  issue.newSettings   := newSettings
  issue.originFlat    := current(f.originFlat)(21, 0)
  issue.originY       := current.signed(f.originY)
  issue.originX       := current.signed(f.originX)
  issue.index         := current.index
  issue.tag.opens     := opens
  issue.tag.transfer  := lastVector && drains
  issue.tag.load      := newTile && loads && (!pool || firstTile)
  issue.tag.maximum   := current.flag(f.maximum)
  issue.tag.pool      := pool
  private val carried = lastVector && lastTile && !current.flag(f.last)
  issue.tag.signalA := carried && current.flag(f.signalA)
  issue.tag.signalB := carried && current.flag(f.signalB)

  private val job = io.jobs.bits
  io.jobs.valid    := able && needsJob
  job.rows         := Mux(drains, current(f.filters), 0.U)(job.rows.getWidth - 1, 0)
  job.record       := current(f.recordAddress)(job.record.getWidth - 1, 0)
  job.work.tile    := cursor.io.position.tile
  job.work.pool    := pool && drains
  job.work.signalA := drains && lastTile && current.flag(f.signalA)
  job.work.signalB := drains && lastTile && current.flag(f.signalB)
  job.work.index   := current.index
  job.work.fresh   := fresh
  job.work.restart := firstTile && restarts
  job.work.save    := firstTile && current.flag(f.hold)
  job.work.restore := lastTile && current.flag(f.hold)
  assert(!fire || (vectorsLeft =/= 0.U && tilesLeft =/= 0.U), "a vector was issued after the last one")
  assert(!fire || !io.jobs.valid || io.jobs.ready, "a tile was issued and its drain does not know of it")
}

/** Sizes of the walk. */
object VectorWalk {

  /** Bits of the count of drains under way: those that queue, those whose records are read, those behind the drain registers. */
  val jobBits = 6
}
