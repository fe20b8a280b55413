package proprunn.control

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig
import proprunn.isa._

import scala.collection.mutable

class SequencerSpec extends Scenarios {
  private val config = AcceleratorConfig(rows = 4, lanes = 8, vectorDepth = 64, listDepth = 64, recordDepth = 32, dramBytes = 8)

  private val geometry = Encode.fields(GeometryFields.opcode -> Opcode.geometry, GeometryFields.pitch -> 5)
  private val output   = Encode.fields(OutputFields.opcode -> Opcode.output, OutputFields.outZero -> 9)
  private val mark     = Encode.fields(MarkFields.opcode -> Opcode.mark)
  private def sync     = Encode.sync(ExecutionUnit.compute)

  private def compute(length: Int = 3, values: Seq[(FieldSpec, BigInt)] = Seq.empty): BigInt = {
    val f = ComputeFields
    val fields = Map[FieldSpec, BigInt](f.opcode -> Opcode.compute, f.listLength -> length, f.filters -> 2, f.tiles -> 1, f.first -> 1, f.last -> 1)
    Encode.fields((fields ++ values).toSeq: _*)
  }

  /** Feeds instructions; what is around the sequencer grants and takes everything unless told otherwise. */
  private class Bench(dut: Sequencer) {
    val waiting: mutable.Queue[(BigInt, Int)] = mutable.Queue()
    var (issued, signals, marks, cycles)      = (0, 0, 0, 0)
    dut.io.tokens.grant.poke(true)
    dut.io.tokens.enoughA.poke(true)
    dut.io.advance.poke(true)
    dut.io.jobs.ready.poke(true)
    dut.io.snapshotReady.poke(true)
    dut.io.quiet.poke(true)

    /** Drains end in the cycle behind their job. */
    var drains         = true
    private var drained = 0

    def feed(words: BigInt*): Unit = for (word <- words) waiting.enqueue((word, waiting.lastOption.map(_._2 + 1).getOrElse(next)))
    private var next = 0

    private def causes: Seq[Boolean] = dut.io.cause.elements.values.map(_.peek().litValue == 1).toSeq

    def step(): Unit = {
      dut.io.instruction.valid.poke(waiting.nonEmpty)
      for ((word, index) <- waiting.headOption) {
        dut.io.instruction.bits.bits.poke(word)
        dut.io.instruction.bits.index.poke(index)
      }
      assert(causes.count(identity) == 1, s"causes of a cycle: $causes")
      dut.io.ended.poke(drains && drained > 0)
      dut.io.switched.poke(drains)
      if (drains && drained > 0) drained -= 1
      if (dut.io.jobs.valid.peek().litToBoolean) drained += 1
      issued += dut.io.issue.valid.peek().litValue.toInt
      signals += dut.io.tokens.signalA.peek().litValue.toInt
      marks += dut.io.snapshot.peek().litValue.toInt
      if (waiting.nonEmpty && dut.io.instruction.ready.peek().litToBoolean) next = waiting.dequeue()._2 + 1
      dut.clock.step()
      cycles += 1
    }

    def steps(count: Int): Unit = for (_ <- 0 until count) step()

    /** Steps until something is true. */
    def until(what: String)(condition: => Boolean): Unit = {
      val start = cycles
      while (!condition) {
        step()
        assert(cycles - start < 200, s"it never comes that $what")
      }
    }
    def finish(): Unit = until("all has ended")(waiting.isEmpty && dut.io.idle.peek().litToBoolean)
  }

  private def restart(dut: Sequencer): Bench = {
    dut.reset.poke(true)
    dut.clock.step()
    dut.reset.poke(false)
    dut.io.quiet.poke(true)
    new Bench(dut)
  }

  "The sequencer" should "hold to every sentence below" in simulate(new Sequencer(config)) { dut =>
    scenario(dut, "COMPUTEs should be issued with the settings before them, one vector per cycle") {
      val bench = new Bench(dut)
      bench.feed(geometry, output, compute(length = 3), compute(length = 5))
      bench.until("a vector is issued")(bench.issued == 1)
      dut.io.geometry.pitch.expect(5)
      dut.io.settings.outZero.expect(9)
      bench.steps(7)
      assert(bench.issued == 8)
      bench.finish()
    }
    scenario(dut, "New settings should wait until everything before them has landed, a COMPUTE without them should not") {
      val bench = new Bench(dut)
      bench.feed(geometry, output, compute(), compute(), geometry, compute())
      bench.until("a vector is issued")(bench.issued == 1)
      bench.drains = false
      bench.steps(40)
      assert(bench.issued == 6)
      dut.io.cause.stallFence.expect(true)
      bench.drains = true
      bench.finish()
      assert(bench.issued == 9)
    }
    scenario(dut, "Vectors that may go ahead of drains should follow without a gap across new settings and a MARK without tokens") {
      val f     = ComputeFields
      val bench = new Bench(dut)
      dut.io.quiet.poke(false)
      bench.feed(geometry, output, compute(), compute(length = 40), mark, geometry, output, compute(length = 5, Seq(f.ahead -> 4, f.lag -> 1)))
      bench.until("the first drain has ended")(bench.issued == 13)
      bench.drains = false
      bench.steps(30)
      assert(bench.issued == 43 && bench.marks == 0)
      bench.steps(1)
      assert(bench.issued == 44 && bench.marks == 1)
      dut.io.landed.expect(false)
      bench.steps(20)
      assert(bench.issued == 47)
      dut.io.cause.stallFence.expect(true)
      bench.drains = true
      bench.steps(20)
      assert(bench.issued == 48)
      dut.io.landed.expect(true)
    }
    scenario(dut, "A COMPUTE behind a MARK should wait for drains although its settings are the old ones") {
      val bench = new Bench(dut)
      bench.feed(geometry, output, compute(), mark, compute())
      bench.until("a vector is issued")(bench.issued == 1)
      bench.drains = false
      bench.steps(20)
      assert(bench.issued == 3 && bench.marks == 1)
      bench.drains = true
      bench.finish()
      assert(bench.issued == 6)
    }
    scenario(dut, "An instruction should wait for its tokens, and say for whose") {
      val bench = new Bench(dut)
      bench.feed(geometry, output, compute(values = Seq(CommonFields.waitA -> 3, CommonFields.waitB -> 4)))
      bench.until("tokens are asked for")(dut.io.tokens.waitA.peek().litValue == 3 && dut.io.tokens.request.peek().litToBoolean)
      dut.io.tokens.waitB.expect(4)
      for ((enoughA, cause) <- Seq(false -> dut.io.cause.stallLoad, true -> dut.io.cause.stallStore)) {
        dut.io.tokens.grant.poke(false)
        dut.io.tokens.enoughA.poke(enoughA)
        bench.steps(3)
        cause.expect(true)
        dut.io.waiting.expect(true)
        dut.io.idle.expect(false)
      }
      assert(bench.issued == 0)
      dut.io.tokens.grant.poke(true)
      bench.finish()
      assert(bench.issued == 3)
    }
    scenario(dut, "SYNC, and MARK with a token, should wait until everything before them has ended, MARK also for room") {
      val bench = new Bench(dut)
      dut.io.quiet.poke(false)
      dut.io.snapshotReady.poke(false)
      bench.feed(geometry, output, compute(), sync, mark | Encode.fields(CommonFields.signalA -> 1))
      bench.steps(60)
      assert(bench.issued == 3 && bench.signals == 0)
      dut.io.quiet.poke(true)
      bench.steps(20)
      assert(bench.signals == 1 && bench.marks == 0)
      dut.io.waiting.expect(true)
      dut.io.snapshotReady.poke(true)
      bench.finish()
      assert(bench.signals == 2 && bench.marks == 1)
    }
    scenario(dut, "Tokens that array and drain owe should be sent, one per cycle") {
      val bench = new Bench(dut)
      dut.io.due(0).poke(3)
      bench.step()
      dut.io.due(0).poke(0)
      bench.steps(5)
      assert(bench.signals == 2)
    }
    scenario(dut, "An instruction that breaks a rule should be refused when all before it has ended, with code and index") {
      val f = ComputeFields
      def with_(values: (FieldSpec, BigInt)*) = Seq(geometry, output, compute(values = values))
      val scatter = output | Encode.fields(OutputFields.scatter -> 1, OutputFields.strideY -> 1, OutputFields.strideX -> 1)
      val cases = Seq(
        Seq(BigInt(0))                                                                    -> Fault.illegalOpcode,
        Seq(BigInt(Opcode.load))                                                          -> Fault.illegalOpcode,
        Seq(Encode.fields(GeometryFields.opcode -> Opcode.geometry))                      -> Fault.illegalField,
        Seq(output | Encode.fields(OutputFields.scatter -> 1, OutputFields.strideY -> 1)) -> Fault.illegalField,
        Seq(compute())                                                                    -> Fault.illegalField,
        Seq(geometry, compute())                                                          -> Fault.illegalField,
        with_(f.filters -> 0)                                                             -> Fault.illegalField,
        with_(f.filters -> 5)                                                             -> Fault.illegalField,
        with_(f.listLength -> 0)                                                          -> Fault.illegalField,
        with_(f.listAddress -> 62)                                                        -> Fault.illegalField,
        with_(f.vectorAddress -> 62)                                                      -> Fault.illegalField,
        with_(f.recordAddress -> 31)                                                      -> Fault.illegalField,
        with_(f.tiles -> 0)                                                               -> Fault.illegalField,
        with_(f.tiles -> 2, f.first -> 0)                                                 -> Fault.illegalField,
        Seq(geometry, scatter, compute(values = Seq(f.pool -> 1)))                        -> Fault.illegalField
      )
      for ((program, code) <- cases) {
        val bench = restart(dut)
        dut.io.quiet.poke(false)
        bench.feed(program: _*)
        bench.steps(40)
        dut.io.refused.valid.expect(false)
        dut.io.quiet.poke(true)
        bench.until("it is refused")(dut.io.refused.valid.peek().litToBoolean)
        dut.io.refused.bits.code.expect(code)
        dut.io.refused.bits.index.expect(program.size - 1)
        assert(bench.issued == 0)
      }
    }
    scenario(dut, "The greatest fields that the memories allow should be run") {
      val f     = ComputeFields
      val bench = new Bench(dut)
      bench.feed(geometry, output, compute(3, Seq(f.filters -> 4, f.listAddress -> 61, f.vectorAddress -> 61, f.recordAddress -> 28)))
      bench.finish()
      assert(bench.issued == 3)
    }
    scenario(dut, "A stop should drop everything") {
      val bench = new Bench(dut)
      bench.feed(geometry, output, compute(length = 30), compute())
      bench.until("a vector is issued")(bench.issued == 1)
      dut.io.stop.poke(true)
      bench.steps(3)
      dut.io.issue.valid.expect(false)
      dut.io.idle.expect(true)
    }
    scenario(dut, "A stop should take no more tokens") {
      val bench = new Bench(dut)
      dut.io.tokens.grant.poke(false)
      bench.feed(sync)
      bench.until("tokens are asked for")(dut.io.tokens.request.peek().litToBoolean)
      dut.io.stop.poke(true)
      dut.io.tokens.request.expect(false)
    }
  }
}
