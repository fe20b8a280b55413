package proprunn.postprocess

import proprunn.Scenarios

import scala.util.Random

class LaneSumSpec extends Scenarios {
  private def sentences(lanes: Int)(dut: LaneSum): Unit = {
    scenario(dut, s"The sum of $lanes lanes should come after the latency that is told, modulo 2**32") {
      val random = new Random(1)
      dut.io.enable.poke(true)
      val rows = Seq.fill(10)(Seq.fill(lanes)(random.nextInt())) :+ Seq.fill(lanes)(Int.MaxValue) :+ Seq.fill(lanes)(Int.MinValue + 1)
      for (cycle <- 0 until rows.size + LaneSum.latency(lanes)) {
        for (row <- rows.lift(cycle); (value, lane) <- row.zipWithIndex) dut.io.in(lane).poke(value)
        for (row <- rows.lift(cycle - LaneSum.latency(lanes))) dut.io.out.expect(row.sum, s"row in cycle $cycle")
        dut.clock.step()
      }
    }
    scenario(dut, "The sum should stay while it is not enabled") {
      for (port <- dut.io.in) port.poke(1)
      dut.io.enable.poke(true)
      dut.clock.step(LaneSum.latency(lanes))
      dut.io.enable.poke(false)
      for (port <- dut.io.in) port.poke(9)
      dut.clock.step(LaneSum.latency(lanes))
      dut.io.out.expect(lanes)
    }
  }

  "A tree over an even number of levels" should "hold to every sentence below" in simulate(new LaneSum(16))(sentences(16))

  "A tree over an odd number of levels" should "hold to every sentence below" in simulate(new LaneSum(8))(sentences(8))

  "A tree" should "refuse lanes that are no power of two, by their number" in {
    for (bad <- Seq(1, 12)) assert(refusal(new LaneSum(bad)).contains(s"sum over $bad lanes"))
  }
}
