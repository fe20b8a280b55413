package proprunn.control

import chisel3.util.ValidIO
import proprunn.Scenarios
import proprunn.bundles.ScratchWrite
import proprunn.config.{AcceleratorConfig, ScratchShape}
import proprunn.isa._

import scala.collection.mutable
import scala.util.Random

class LoadUnitSpec extends Scenarios {
  private val config   = AcceleratorConfig(rows = 16, lanes = 16, bankDepth = 64, vectorDepth = 64, listDepth = 64, recordDepth = 64, dramBytes = 8)
  private val memories = new TransferDecoder(config).memories

  /** Feeds LOADs to the unit and keeps what it writes: (target, byte address) -> byte. */
  private class Bench(dut: LoadUnit, size: BigInt = 1 << 20, latency: Int = 10, patience: Double = 1.0, seed: Int = 1) {
    val written: mutable.Map[(Int, Int), Int] = mutable.Map()
    var signals                               = 0
    var cycles                                = 0
    private val dram                          = new FakeDram(config.dramBytes, latency, size, patience, seed)
    private val random                        = new Random(seed)

    private def keep(target: Int, shape: ScratchShape, address: BigInt, data: BigInt): Unit =
      for (i <- 0 until shape.wordBytes) written((target, address.toInt * shape.wordBytes + i)) = ((data >> (8 * i)) & 0xff).toInt

    private def keep(target: Int, port: ValidIO[ScratchWrite]): Unit =
      if (port.valid.peek().litToBoolean) keep(target, memories(target), port.bits.address.peek().litValue, port.bits.data.peek().litValue)

    private def keepBankWrite(): Unit = {
      val ready = random.nextDouble() < patience
      dut.io.bankWrite.ready.poke(ready)
      if (ready && dut.io.bankWrite.valid.peek().litToBoolean) {
        val (row, mask) = (dut.io.bankWrite.bits.row.peek().litValue.toInt, dut.io.bankWrite.bits.mask.peek().litValue)
        for ((lane, i) <- dut.io.bankWrite.bits.data.zipWithIndex if mask.testBit(i))
          written((Target.bank, row * config.lanes + i)) = lane.peek().litValue.toInt
      }
    }

    /** One cycle; true where the unit took the instruction that was offered. */
    def step(): Boolean = {
      keepBankWrite()
      keep(Target.vector, dut.io.vectorWrite)
      keep(Target.list, dut.io.listWrite)
      keep(Target.record, dut.io.recordWrite)
      dram.read(dut.io.request, dut.io.data)
      if (dut.io.tokens.signalA.peek().litToBoolean) signals += 1
      val taken = dut.io.instruction.ready.peek().litToBoolean
      dut.clock.step()
      cycles += 1
      taken
    }

    /** Runs the instructions until all have finished or one is refused. */
    def run(program: Seq[BigInt]): Unit = {
      dut.io.tokens.grant.poke(true)
      for ((word, index) <- program.zipWithIndex) {
        dut.io.instruction.valid.poke(true)
        dut.io.instruction.bits.bits.poke(word)
        dut.io.instruction.bits.index.poke(index)
        while (!step() && !faulty) {}
      }
      dut.io.instruction.valid.poke(false)
      while (!dut.io.idle.peek().litToBoolean && !faulty) step()
    }
    private def faulty: Boolean = {
      assert(cycles < 20000, "the load unit never finishes")
      dut.io.fault.valid.peek().litToBoolean
    }
  }

  private def restart(dut: LoadUnit): Unit = {
    dut.reset.poke(true)
    dut.clock.step()
    dut.reset.poke(false)
  }

  private def randomLoad(random: Random): BigInt = {
    val target = random.nextInt(4)
    val shape  = memories(target)
    val planes = 1 + random.nextInt(3)
    val stride = (shape.words / planes).max(1)
    val words  = 1 + random.nextInt(stride)
    val beats  = words * shape.beatsPerWord - (if (target == Target.bank) random.nextInt(shape.beatsPerWord) else 0)
    def element(word: Int) = BigInt(word * shape.elementsPerWord)
    val address = random.nextInt(1 << 13) * config.dramBytes
    Encode.load(target, address, element(random.nextInt(stride - words + 1)), beats, planes, stride = 8 * random.nextInt(200), localStride = element(stride))
  }

  /** What the interpreter writes for a LOAD. */
  private def meaning(word: BigInt): Seq[((Int, Int), Int)] = {
    def field(f: FieldSpec) = (word >> f.low) & ((BigInt(1) << f.bits) - 1)
    val f      = LoadFields
    val target = field(f.target).toInt
    val bytes  = memories(target).elementBytes
    for (plane <- 0 until field(f.planes).toInt; i <- 0 until field(f.beats).toInt * config.dramBytes) yield {
      val place = (field(f.localAddress) + plane * field(f.localStride)) * bytes + i
      (target, place.toInt) -> FakeDram.byteAt(field(f.dramAddress) + plane * field(f.dramStride) + i)
    }
  }

  "The load unit" should "hold to every sentence below" in simulate(new LoadUnit(config)) { dut =>
    scenario(dut, "A LOAD should write exactly its bytes, however DRAM and banks hold it back") {
      for (seed <- 1 to 3) {
        restart(dut)
        val random  = new Random(seed)
        val program = Seq.fill(30)(randomLoad(random))
        val bench   = new Bench(dut, patience = Seq(1.0, 0.7, 0.3)(seed - 1), seed = seed)
        bench.run(program)
        val expected = program.flatMap(meaning).toMap
        dut.io.fault.valid.expect(false)
        assert(bench.signals == program.size)
        assert(bench.written.toSet.diff(expected.toSet).size == 0, "bytes are wrong")
        assert(expected.toSet.diff(bench.written.toSet).size == 0, "bytes are missing")
      }
    }
    scenario(dut, "A LOAD should bring a beat per cycle across planes and instructions") {
      val bench = new Bench(dut, latency = 40)
      bench.run(Seq.fill(8)(Encode.load(Target.vector, 8, local = 0, beats = 8, planes = 8, stride = 1000, localStride = 4)))
      val beats = 8 * 8 * 8
      assert(bench.cycles <= beats + 40 + 8, s"$beats beats took ${bench.cycles} cycles")
    }
    scenario(dut, "A LOAD should be refused where a field or DRAM forbids it, after the LOADs before it") {
      val good = Encode.load(Target.bank, 0, 0, 4)
      val top  = (BigInt(1) << 32) - 64
      val cases = Seq(
        Encode.load(Target.bank, 0, 0, beats = 0)                                              -> Fault.illegalField,
        Encode.load(Target.bank, 0, 0, beats = 1, planes = 0)                                  -> Fault.illegalField,
        Encode.load(Target.bank, 4, 0, beats = 1)                                              -> Fault.illegalField,
        Encode.load(Target.bank, 0, 0, beats = 1, planes = 2, stride = 12)                     -> Fault.illegalField,
        Encode.load(Target.bank, 0, 63, beats = 3)                                             -> Fault.illegalField,
        Encode.load(Target.bank, 0, 0, beats = 1, planes = 3, localStride = 32)                -> Fault.illegalField,
        Encode.load(Target.bank, 0, (1 << 24) - 1, beats = 1)                                  -> Fault.illegalField,
        Encode.load(Target.bank, 0, 0, beats = (1 << 24) - 1)                                  -> Fault.illegalField,
        Encode.load(Target.vector, 0, 0, beats = 3)                                            -> Fault.illegalField,
        Encode.load(Target.list, 0, 1, beats = 2)                                              -> Fault.illegalField,
        Encode.load(Target.list, 0, 0, beats = 1, planes = 2, localStride = 3)                 -> Fault.illegalField,
        Encode.load(Target.record, 0, 0, beats = 129)                                          -> Fault.illegalField,
        Encode.load(Target.bank, 0x10000, 0, beats = 1)                                        -> Fault.dramError,
        Encode.load(Target.vector, top, 0, beats = 16)                                         -> Fault.dramError,
        Encode.load(Target.vector, 8, 0, beats = 2, planes = 3, stride = top, localStride = 1) -> Fault.dramError
      )
      for ((bad, code) <- cases) {
        restart(dut)
        val bench = new Bench(dut, size = if (bad.testBit(LoadFields.dramAddress.low + 16)) 0x10000 else BigInt(1) << 33)
        bench.run(Seq(good, good, bad))
        dut.io.fault.valid.expect(true)
        dut.io.fault.bits.code.expect(code)
        dut.io.fault.bits.index.expect(2)
        assert(bench.signals == 2)
        while (!dut.io.idle.peek().litToBoolean) bench.step()
      }
    }
    scenario(dut, "A halt should let the open bursts end and write nothing more") {
      val bench = new Bench(dut, latency = 20)
      dut.io.tokens.grant.poke(true)
      dut.io.instruction.valid.poke(true)
      dut.io.instruction.bits.bits.poke(Encode.load(Target.bank, 0, 0, beats = 100))
      for (_ <- 0 until 40) bench.step()
      assert(bench.written.nonEmpty)
      dut.io.halt.poke(true)
      bench.written.clear()
      while (!dut.io.idle.peek().litToBoolean) bench.step()
      assert(bench.written.isEmpty)
      assert(bench.cycles < 400)
    }
    scenario(dut, "A SYNC should give its tokens after the LOAD before it") {
      val bench = new Bench(dut, latency = 30)
      bench.run(Seq(Encode.load(Target.bank, 0, 0, beats = 8) & ~(BigInt(1) << LoadFields.signalA.low), Encode.sync(ExecutionUnit.load)))
      assert(bench.signals == 1)
      assert(bench.cycles > 38)
    }
    scenario(dut, "A SYNC should wait for its own tokens") {
      dut.io.instruction.valid.poke(true)
      dut.io.instruction.bits.bits.poke(Encode.sync(ExecutionUnit.load) | Encode.fields(CommonFields.waitA -> 3, CommonFields.waitB -> 200))
      dut.clock.step(5)
      dut.io.tokens.waitA.expect(3)
      dut.io.tokens.waitB.expect(200)
      dut.io.tokens.request.expect(true)
      dut.io.instruction.ready.expect(false)
      dut.io.waiting.expect(true)
      dut.io.idle.expect(true)
    }
  }
}
