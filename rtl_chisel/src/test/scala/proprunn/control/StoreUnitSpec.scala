package proprunn.control

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig
import proprunn.isa._

import scala.collection.mutable
import scala.util.Random

class StoreUnitSpec extends Scenarios {
  private val config   = AcceleratorConfig(lanes = 16, bankDepth = 64, dramBytes = 8)
  private val snapshot = (0 until Counter.count).map(i => BigInt(0x01010101L * (i + 1)) << (32 * i)).reduce(_ | _)

  /** What the banks hold. */
  private def bankByte(address: Int): Int = (address * 7 + (address >> 8)) & 0xff

  /** Feeds STOREs to the unit and answers it as banks and DRAM do. */
  private class Bench(dut: StoreUnit, size: BigInt = BigInt(1) << 33, latency: Int = 10, patience: Double = 1.0, seed: Int = 1) {
    val dram    = new FakeDram(config.dramBytes, latency, size, patience, seed)
    var signals = 0
    var cycles  = 0
    private val random  = new Random(seed)
    private val reading = mutable.Queue[Option[Int]](None)

    private def answerReads(): Unit = {
      val ready = random.nextDouble() < patience
      dut.io.bankRead.ready.poke(ready)
      reading.enqueue(Option.when(ready && dut.io.bankRead.valid.peek().litToBoolean)(dut.io.bankRead.bits.peek().litValue.toInt))
      val row = reading.dequeue()
      dut.io.bankReadData.valid.poke(false)
      for (r <- pending) {
        dut.io.bankReadData.valid.poke(true)
        for ((lane, i) <- dut.io.bankReadData.bits.zipWithIndex) lane.poke(bankByte(r * config.lanes + i))
      }
      pending = row
    }
    private var pending: Option[Int] = None

    /** One cycle; true where the unit took the instruction that was offered. */
    def step(): Boolean = {
      answerReads()
      dram.write(dut.io.request, dut.io.beat, dut.io.response)
      if (dut.io.tokens.signalB.peek().litToBoolean) signals += 1
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
      assert(cycles < 20000, "the store unit never finishes")
      dut.io.fault.valid.peek().litToBoolean
    }
  }

  private def restart(dut: StoreUnit): Unit = {
    dut.reset.poke(true)
    dut.clock.step()
    dut.reset.poke(false)
  }

  /** What the interpreter writes for a STORE. */
  private def meaning(word: BigInt): Seq[(BigInt, Int)] = {
    def field(f: FieldSpec) = (word >> f.low) & ((BigInt(1) << f.bits) - 1)
    val f = StoreFields
    for (plane <- 0 until field(f.planes).toInt; i <- 0 until field(f.beats).toInt * config.dramBytes) yield {
      val place = (field(f.localAddress) + plane * field(f.localStride)) * config.lanes + i
      (field(f.dramAddress) + plane * field(f.dramStride) + i) -> bankByte(place.toInt)
    }
  }

  private def counterBytes(address: BigInt): Seq[(BigInt, Int)] =
    (0 until TransferDecoder.snapshotBytes).map(i => (address + i) -> ((snapshot >> (8 * i)) & 0xff).toInt)

  "The store unit" should "hold to every sentence below" in simulate(new StoreUnit(config)) { dut =>
    scenario(dut, "A STORE should write exactly its bytes, however DRAM and banks hold it back") {
      for (seed <- 1 to 3) {
        restart(dut)
        dut.io.snapshot.valid.poke(true)
        dut.io.snapshot.bits.poke(snapshot)
        val random = new Random(seed)
        val program = Seq.tabulate(25) { i =>
          val (rows, planes) = (1 + random.nextInt(20), 1 + random.nextInt(3))
          val address        = 0x10000 * i + 8 * random.nextInt(1024)
          if (i % 6 == 5) Encode.storeCounters(address)
          else Encode.store(address, random.nextInt(64 - 20 * planes + 1), 2 * rows - random.nextInt(2), planes, 8 * 300, localStride = 20)
        }
        val bench = new Bench(dut, patience = Seq(1.0, 0.7, 0.3)(seed - 1), seed = seed)
        bench.run(program)
        val expected = program.zipWithIndex.flatMap { case (word, i) =>
          if (i % 6 == 5) counterBytes((word >> StoreCountersFields.dramAddress.low) & 0xffffffffL) else meaning(word)
        }.toMap
        assert(bench.dram.written.toSet.diff(expected.toSet).size == 0, "bytes are wrong")
        assert(expected.toSet.diff(bench.dram.written.toSet).size == 0, "bytes are missing")
        assert(bench.signals == program.size)
        dut.io.fault.valid.expect(false)
      }
    }
    scenario(dut, "A STORE should send a beat per cycle") {
      val bench = new Bench(dut, latency = 40)
      bench.run(Seq.fill(4)(Encode.store(8, 0, beats = 120)))
      assert(bench.cycles <= 4 * 120 + 40 + 20, s"480 beats took ${bench.cycles} cycles")
    }
    scenario(dut, "A STORE should be refused where a field or DRAM forbids it, after the STOREs before it") {
      val good = Encode.store(0, 0, 4)
      val top  = (BigInt(1) << 32) - 64
      val cases = Seq(
        Encode.store(0, 0, beats = 0)                              -> Fault.illegalField,
        Encode.store(0, 0, beats = 1, planes = 0)                  -> Fault.illegalField,
        Encode.store(4, 0, beats = 1)                              -> Fault.illegalField,
        Encode.store(0, 0, beats = 1, planes = 2, stride = 4)      -> Fault.illegalField,
        Encode.store(0, 63, beats = 3)                             -> Fault.illegalField,
        Encode.store(0, 0, beats = 2, planes = 3, localStride = 32) -> Fault.illegalField,
        Encode.storeCounters(4)                                    -> Fault.illegalField,
        Encode.store(0x10000, 0, beats = 1)                        -> Fault.dramError,
        Encode.store(top, 0, beats = 16)                           -> Fault.dramError
      )
      for ((bad, code) <- cases) {
        restart(dut)
        dut.io.snapshot.valid.poke(true)
        val bench = new Bench(dut, size = if (bad.testBit(StoreFields.dramAddress.low + 16)) 0x10000 else BigInt(1) << 33)
        bench.run(Seq(good, good, bad))
        dut.io.fault.valid.expect(true)
        dut.io.fault.bits.code.expect(code)
        dut.io.fault.bits.index.expect(2)
        assert(bench.signals == 2)
        while (!dut.io.idle.peek().litToBoolean) bench.step()
      }
    }
    scenario(dut, "A halt should complete the announced bursts without writing") {
      val bench = new Bench(dut, patience = 0.5)
      dut.io.tokens.grant.poke(true)
      dut.io.instruction.valid.poke(true)
      dut.io.instruction.bits.bits.poke(Encode.store(0, 0, beats = 128))
      for (_ <- 0 until 60) bench.step()
      dut.io.halt.poke(true)
      // One beat may already be offered to AXI.
      bench.step()
      val before = bench.dram.written.size
      assert(before > 0)
      while (!dut.io.idle.peek().litToBoolean) bench.step()
      assert(bench.dram.written.size <= before + config.dramBytes)
      assert(bench.cycles < 1000)
    }
    scenario(dut, "STORE_COUNTERS should wait for a snapshot of its own") {
      val bench = new Bench(dut)
      dut.io.tokens.grant.poke(true)
      dut.io.instruction.valid.poke(true)
      dut.io.instruction.bits.bits.poke(Encode.storeCounters(0))
      for (_ <- 0 until 20) bench.step()
      dut.io.waiting.expect(true)
      dut.io.snapshot.valid.poke(true)
      dut.io.instruction.ready.expect(true)
      bench.step()
      // A second one finds the snapshot still there, but it belongs to the first.
      dut.io.instruction.ready.expect(false)
      while (!dut.io.snapshot.ready.peek().litToBoolean) bench.step()
      bench.step()
      dut.io.snapshot.valid.poke(false)
      for (_ <- 0 until 60) bench.step()
      dut.io.waiting.expect(true)
      assert(bench.signals == 1)
      assert(bench.dram.written.size == TransferDecoder.snapshotBytes)
    }
  }
}
