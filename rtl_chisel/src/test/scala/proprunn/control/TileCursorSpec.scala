package proprunn.control

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig

class TileCursorSpec extends Scenarios {
  private val config = AcceleratorConfig(rows = 2, lanes = 8, dramBytes = 4)

  private def look(dut: TileCursor, pitch: Int): Unit = {
    dut.io.geometry.pitch.poke(pitch)
    dut.io.geometry.stepY.poke(config.lanes / pitch)
    dut.io.geometry.stepX.poke(config.lanes % pitch)
  }

  private def start(dut: TileCursor, restart: Boolean): Unit = {
    dut.io.start.poke(true)
    dut.io.restart.poke(restart)
    dut.clock.step()
    dut.io.start.poke(false)
  }

  private def step(dut: TileCursor, restore: Boolean = false): Unit = {
    dut.io.step.poke(true)
    dut.io.restore.poke(restore)
    dut.clock.step()
    dut.io.step.poke(false)
  }

  private def expectTile(dut: TileCursor, tile: Int, pitch: Int): Unit = {
    val pixel = tile * config.lanes
    dut.io.position.tile.expect(tile)
    dut.io.position.flat.expect(pixel)
    dut.io.position.y.expect(pixel / pitch)
    dut.io.position.x.expect(pixel % pitch)
  }

  "The tile cursor" should "hold to every sentence below" in simulate(new TileCursor(config)) { dut =>
    scenario(dut, "Each tile should stand where its first pixel lies, whatever the pitch") {
      for (pitch <- Seq(1, 3, 5, 7, 8, 9, 100)) {
        look(dut, pitch)
        start(dut, restart = true)
        for (tile <- 0 until 15) {
          expectTile(dut, tile, pitch)
          step(dut)
        }
      }
    }
    scenario(dut, "An instruction should go on where the one before it ended, unless it restarts") {
      look(dut, 5)
      start(dut, restart = true)
      step(dut)
      step(dut)
      start(dut, restart = false)
      expectTile(dut, 2, 5)
      start(dut, restart = true)
      expectTile(dut, 0, 5)
    }
    scenario(dut, "A cursor that is held should go back to where its instruction started, even as the next one starts") {
      look(dut, 5)
      start(dut, restart = true)
      for (_ <- 0 until 3) step(dut)
      start(dut, restart = false)
      step(dut)
      step(dut, restore = true)
      expectTile(dut, 3, 5)
      step(dut)
      dut.io.step.poke(true)
      dut.io.restore.poke(true)
      start(dut, restart = false)
      dut.io.step.poke(false)
      expectTile(dut, 3, 5)
      step(dut)
      step(dut, restore = true)
      expectTile(dut, 3, 5)
      start(dut, restart = true)
      step(dut)
      step(dut, restore = true)
      expectTile(dut, 0, 5)
    }
  }
}
