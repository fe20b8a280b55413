package proprunn.control

import chisel3._
import chisel3.util.{Decoupled, Valid}
import proprunn.array.{Geometry, VectorIssue}
import proprunn.bundles.{CycleCause, FaultReport, Instruction, TokenPort}
import proprunn.config.AcceleratorConfig
import proprunn.isa.{CommonFields, Fault, Opcode}
import proprunn.postprocess.{DrainJob, OutputSettings}

/** Takes instructions in order and runs them.
  *
  * An instruction stands at the `head` until its tokens are there and its place is free: settings go to the shadow, a COMPUTE becomes the
  * `next` to run, MARK and SYNC the `barrier`. A COMPUTE behind a barrier waits for it, settings do not. A barrier waits until all before it has
  * ended; a MARK that gives no token only until the last vector before it is issued.
  */
class Sequencer(config: AcceleratorConfig) extends Module {
  val io = IO(new Bundle {
    val instruction = Flipped(Decoupled(new Instruction))
    val tokens      = new TokenPort

    /** A fault here or elsewhere: drop everything. */
    val stop    = Input(Bool())
    val advance = Input(Bool())

    /** The array is about to take settings over; what it counts in this cycle is the first behind the last MARK. */
    val taking = Input(Bool())
    val opened = Input(Bool())

    /** From the drain: a job's last row is written; it has taken settings over. */
    val ended    = Input(Bool())
    val switched = Input(Bool())

    /** The drains before the last MARK are written. */
    val landed = Output(Bool())

    /** Nothing is in flight, and every event is counted. */
    val quiet = Input(Bool())

    /** Tokens that fall due in array and drain: (a, b) of each. */
    val due           = Input(Vec(2, UInt(2.W)))
    val geometry      = Output(new Geometry(config))
    val settings      = Output(new OutputSettings)
    val issue         = Valid(new VectorIssue(config))
    val jobs          = Decoupled(new DrainJob(config))
    val snapshot      = Output(Bool())
    val snapshotReady = Input(Bool())
    val refused       = Valid(new FaultReport)
    val cause         = Output(new CycleCause)
    val idle          = Output(Bool())
    val waiting       = Output(Bool())
  })
  private val settings = Module(new LayerSettings(config))
  private val walk     = Module(new VectorWalk(config))
  private val check    = new FieldCheck(config)

  private val headValid    = RegInit(false.B)
  private val head         = Reg(new Instruction)
  private val nextValid    = RegInit(false.B)
  private val next         = Reg(new ComputeCommand)
  private val barrierValid = RegInit(false.B)
  private val barrier      = Reg(new Barrier)

  // The head: what it is, whether it is refused, where it goes.
  private val geometrySeen = RegInit(false.B)
  private val outputSeen   = RegInit(false.B)
  private val changed      = RegInit(false.B)
  private val opcode       = head(CommonFields.opcode)
  private def is(code: Int): Bool = opcode === code.U
  private val known   = Seq(Opcode.geometry, Opcode.output, Opcode.compute, Opcode.mark, Opcode.sync).map(is).reduce(_ || _)
  private val illegal = !known ||
    (is(Opcode.geometry) && check.geometry(head)) ||
    (is(Opcode.output) && check.output(head)) ||
    (is(Opcode.compute) && check.compute(head, geometrySeen && outputSeen, settings.io.scatterNext))
  private val toShadow  = !illegal && (is(Opcode.geometry) || is(Opcode.output))
  private val toNext    = !illegal && is(Opcode.compute)
  private val toBarrier = illegal || is(Opcode.mark) || is(Opcode.sync)

  private val starts  = walk.io.start.fire
  private val placed  = Mux(toShadow, !nextValid || !next.fence || starts, Mux(toNext, !nextValid || starts, !nextValid && !barrierValid))
  private val request = headValid && placed && !io.stop
  private val taken   = request && io.tokens.grant
  io.tokens.waitA      := head(CommonFields.waitA)
  io.tokens.waitB      := head(CommonFields.waitB)
  io.tokens.request    := request
  io.instruction.ready := !io.stop && (!headValid || taken)
  headValid            := !io.stop && (io.instruction.valid || (headValid && !taken))
  when(io.instruction.fire)(head := io.instruction.bits)

  // Settings.
  private val toSettings = taken && toShadow
  settings.io.instruction := head
  settings.io.setGeometry := toSettings && is(Opcode.geometry)
  settings.io.setOutput   := toSettings && is(Opcode.output)
  settings.io.take        := starts && next.fence
  when(settings.io.setGeometry)(geometrySeen := true.B)
  when(settings.io.setOutput)(outputSeen := true.B)
  changed := toSettings || (changed && !(taken && toNext))

  // MARK, SYNC and refused instructions. Of vectors that open a stretch behind a MARK only one may be in the array.
  private val opens       = io.issue.valid && io.issue.bits.tag.opens
  private val opening     = RegInit(false.B)
  private val roomToMark  = !barrier.mark || (io.snapshotReady && !opening && !opens && !io.snapshot)
  private val allEnded    = !walk.io.active && io.quiet
  private val allIssued   = !walk.io.active || walk.io.ends
  private val passes      = barrier.mark && !barrier.instruction.flag(CommonFields.signalA) && !barrier.instruction.flag(CommonFields.signalB)
  private val barrierEnds = barrierValid && Mux(passes, allIssued, allEnded) && roomToMark && !io.stop
  private val marks       = barrierEnds && barrier.mark
  opening := opens || (opening && !io.opened)
  when(taken && toBarrier) {
    barrier.instruction := head
    barrier.mark        := !illegal && is(Opcode.mark)
    barrier.refused     := illegal
    barrier.code        := Mux(known, Fault.illegalField.U, Fault.illegalOpcode.U)
  }
  barrierValid          := !io.stop && ((taken && toBarrier) || (barrierValid && !barrierEnds))
  io.snapshot           := RegNext(marks, false.B) // with what the last vector counts
  io.refused.valid      := barrierEnds && barrier.refused
  io.refused.bits.code  := barrier.code
  io.refused.bits.index := barrier.instruction.index

  // COMPUTE.
  private val marked   = RegInit(false.B)
  private val replaces = settings.io.ready && walk.io.settled && !io.taking
  marked := !starts && (marked || marks)
  when(taken && toNext) {
    next.instruction := head
    next.fence       := changed
  }
  nextValid           := !io.stop && ((taken && toNext) || (nextValid && !starts))
  walk.io.start.valid := nextValid && (!next.fence || replaces) && (!barrierValid || (barrierEnds && !barrier.refused))
  walk.io.start.bits  := next
  walk.io.start.bits.settle := next.fence || marked || marks
  walk.io.mark        := marks
  walk.io.ended       := io.ended
  walk.io.switched    := io.switched
  io.landed           := walk.io.landed
  walk.io.stop        := io.stop
  walk.io.advance     := io.advance
  walk.io.geometry    := settings.io.geometry
  walk.io.scatter     := settings.io.settings.scatter
  io.issue            := walk.io.issue
  io.jobs             <> walk.io.jobs
  io.geometry         := settings.io.geometry
  io.settings         := settings.io.settings

  // Tokens to give.
  private def sender(atHead: Bool, atBarrier: Bool, due: UInt): Bool = {
    val tokens = Module(new TokenSender(4))
    tokens.io.due := VecInit(toSettings && atHead, barrierEnds && !barrier.refused && atBarrier, due(0), due(1)).asUInt
    tokens.io.send
  }
  private val atBarrier = barrier.instruction
  io.tokens.signalA := sender(head.flag(CommonFields.signalA), atBarrier.flag(CommonFields.signalA), io.due(0))
  io.tokens.signalB := sender(head.flag(CommonFields.signalB), atBarrier.flag(CommonFields.signalB), io.due(1))

  // What this cycle is spent on.
  private val lacksTokens = request && !io.tokens.grant
  private val lacksRoom   = barrierValid && allEnded && !roomToMark
  private val fenced      = nextValid || barrierValid
  private val ranked = Seq(
    io.cause.issued     -> walk.io.issue.valid,
    io.cause.stallFence -> walk.io.fenced,
    io.cause.stallDrain -> (walk.io.active || !io.advance),
    io.cause.stallStore -> lacksRoom,
    io.cause.stallFence -> fenced,
    io.cause.stallLoad  -> (lacksTokens && !io.tokens.enoughA),
    io.cause.stallStore -> lacksTokens,
    io.cause.stallFence -> headValid,
    io.cause.stallFetch -> true.B
  )
  io.cause := 0.U.asTypeOf(new CycleCause)
  ranked.reverse.foreach { case (cause, condition) =>
    when(condition) {
      io.cause := 0.U.asTypeOf(new CycleCause)
      cause    := true.B
    }
  }

  private val sending = io.tokens.signalA || io.tokens.signalB
  io.idle    := !headValid && !nextValid && !barrierValid && allEnded && !sending
  io.waiting := allEnded && !sending && (lacksRoom || (!nextValid && !barrierValid && lacksTokens))
}
