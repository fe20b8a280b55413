package proprunn.postprocess

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig

class DrainRegistersSpec extends Scenarios {
  private val config = AcceleratorConfig(rows = 4, lanes = 4, dramBytes = 4)

  private def load(dut: DrainRegisters, value: (Int, Int) => Int): Unit = {
    for (row <- 0 until config.rows; lane <- 0 until config.lanes) dut.io.sums(row)(lane).poke(value(row, lane))
    dut.io.load.poke(true)
    dut.clock.step()
    dut.io.load.poke(false)
  }

  private def expectFront(dut: DrainRegisters, value: Int => Int): Unit =
    for (lane <- 0 until config.lanes) dut.io.front(lane).expect(value(lane))

  "The drain registers" should "hold to every sentence below" in simulate(new DrainRegisters(config)) { dut =>
    scenario(dut, "Rows should come to the front one by one, and stay there until the next shift") {
      load(dut, (row, lane) => 100 * row - lane)
      for (row <- 0 until config.rows) {
        expectFront(dut, lane => 100 * row - lane)
        dut.io.shift.poke(false)
        dut.clock.step(2)
        expectFront(dut, lane => 100 * row - lane)
        dut.io.shift.poke(true)
        dut.clock.step()
      }
    }
    scenario(dut, "A new tile should take the place of the last row in the cycle in which that leaves") {
      load(dut, (row, _) => row)
      dut.io.shift.poke(true)
      dut.clock.step(config.rows - 1)
      expectFront(dut, _ => config.rows - 1)
      load(dut, (row, lane) => 10 + row + lane)
      expectFront(dut, lane => 10 + lane)
      dut.clock.step()
      expectFront(dut, lane => 11 + lane)
    }
  }
}
