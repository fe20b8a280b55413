package proprunn.control

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig
import proprunn.isa.Counter

class CountersSpec extends Scenarios {
  private val config = AcceleratorConfig(rows = 4, lanes = 8)

  "Counters" should "hold to every sentence below" in simulate(new Counters(config)) { dut =>
    scenario(dut, "Counters should count nothing unless a program runs") {
      dut.io.compute.cause.issued.poke(true)
      dut.io.compute.usefulCells.poke(5)
      dut.clock.step(3)
      for (counter <- dut.io.live) counter.expect(0)
      dut.io.running.poke(true)
      dut.clock.step(3)
      dut.io.live(Counter.cycles).expect(3)
      dut.io.live(Counter.issued).expect(3)
      dut.io.live(Counter.usefulCells).expect(15)
      dut.io.live(Counter.stallFetch).expect(0)
    }
    def ofOldest(counter: Int): BigInt = (dut.io.oldest.bits.peek().litValue >> (32 * counter)) & 0xffffffffL
    scenario(dut, "Snapshots should wait, two deep and oldest first, with the counters of their own cycle") {
      dut.io.running.poke(true)
      dut.io.arrayDone.poke(true)
      dut.io.drainDone.poke(true)
      dut.io.compute.cause.stallLoad.poke(true)
      dut.io.readBeat.poke(true)
      dut.io.oldest.valid.expect(false)
      dut.clock.step(10)
      for (_ <- 0 until 2) {
        dut.io.snapshot.poke(true)
        dut.clock.step()
        dut.io.snapshot.poke(false)
        dut.io.snapshotReady.expect(false)
        dut.clock.step(9)
      }
      dut.io.snapshotReady.expect(false)
      for (expected <- Seq(10, 20)) {
        dut.io.oldest.valid.expect(true)
        assert(ofOldest(Counter.cycles) == expected)
        assert(ofOldest(Counter.dramReadBeats) == expected)
        dut.io.oldest.ready.poke(true)
        dut.clock.step()
      }
      dut.io.oldest.valid.expect(false)
      dut.io.snapshotReady.expect(true)
    }
    scenario(dut, "What array and drain count should be kept when they are done with what came before, writes two cycles later") {
      dut.io.running.poke(true)
      dut.io.compute.cause.issued.poke(true)
      dut.io.compute.usefulCells.poke(1)
      for (event <- Seq(dut.io.compute.drain, dut.io.compute.skipRead, dut.io.compute.bankWrite)) event.poke(true)
      dut.clock.step(10)
      dut.io.snapshot.poke(true)
      dut.clock.step()
      dut.io.snapshot.poke(false)
      dut.clock.step(5)
      for ((done, delay) <- Seq(dut.io.arrayDone -> 4, dut.io.drainDone -> 10)) {
        done.poke(true)
        dut.clock.step()
        done.poke(false)
        dut.io.oldest.valid.expect(false)
        dut.clock.step(delay - 1)
      }
      dut.io.oldest.valid.expect(true)
      val expected =
        Seq(Counter.issued -> 10, Counter.usefulCells -> 16, Counter.drains -> 20, Counter.skipReads -> 20, Counter.bankWrites -> 22)
      for ((counter, value) <- expected) assert(ofOldest(counter) == value, s"counter $counter")
    }
  }
}
