package proprunn.array

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig

class LanePositionsSpec extends Scenarios {
  private val config = AcceleratorConfig(rows = 2, lanes = 8, dramBytes = 4)

  private def look(dut: LanePositions, pitch: Int, pixel: Int): Unit = {
    dut.io.geometry.pitch.poke(pitch)
    for (lane <- 0 until config.lanes) {
      dut.io.geometry.laneY(lane).poke(lane / pitch)
      dut.io.geometry.laneX(lane).poke(lane % pitch)
    }
    dut.io.position.y.poke(pixel / pitch)
    dut.io.position.x.poke(pixel % pitch)
    dut.io.update.poke(true)
    dut.clock.step()
    dut.io.update.poke(false)
  }

  private def expectPixels(dut: LanePositions, pitch: Int, first: Int): Unit = for (lane <- 0 until config.lanes) {
    dut.io.y(lane).expect((first + lane) / pitch)
    dut.io.x(lane).expect((first + lane) % pitch)
  }

  "Lane positions" should "hold to every sentence below" in simulate(new LanePositions(config)) { dut =>
    scenario(dut, "Lane i should stand i pixels behind lane 0, whatever the pitch") {
      for (pitch <- Seq(1, 2, 3, 5, 7, 8, 9, 13, 1000); pixel <- 0 until 5 * config.lanes by config.lanes) {
        look(dut, pitch, pixel)
        expectPixels(dut, pitch, pixel)
      }
    }
    scenario(dut, "Positions should stay until the next tile") {
      look(dut, pitch = 5, pixel = 16)
      dut.io.position.y.poke(0)
      dut.io.position.x.poke(0)
      dut.clock.step(2)
      expectPixels(dut, 5, 16)
    }
    scenario(dut, "A row beyond every map should stay beyond every map") {
      look(dut, pitch = 1, pixel = 1 << 17)
      for (lane <- 0 until config.lanes) dut.io.y(lane).expect(1 << 17)
    }
  }
}
