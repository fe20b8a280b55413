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
    scenario(dut, "Snapshots should wait, two deep and oldest first, with the counters of their own cycle") {
      dut.io.running.poke(true)
      dut.io.compute.cause.stallLoad.poke(true)
      dut.io.readBeat.poke(true)
      def cyclesOfOldest = (dut.io.oldest.bits.peek().litValue >> (32 * Counter.cycles)) & 0xffffffffL
      dut.io.oldest.valid.expect(false)
      dut.clock.step(10)
      dut.io.snapshot.poke(true)
      dut.clock.step(2)
      dut.io.snapshot.poke(false)
      dut.io.snapshotReady.expect(false)
      dut.clock.step(5)
      for (expected <- Seq(10, 11)) {
        dut.io.oldest.valid.expect(true)
        assert(cyclesOfOldest == expected)
        assert((dut.io.oldest.bits.peek().litValue >> (32 * Counter.dramReadBeats) & 0xffffffffL) == expected)
        dut.io.oldest.ready.poke(true)
        dut.clock.step()
      }
      dut.io.oldest.valid.expect(false)
      dut.io.snapshotReady.expect(true)
    }
  }
}
