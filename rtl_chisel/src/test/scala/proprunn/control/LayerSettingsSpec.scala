package proprunn.control

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig
import proprunn.isa._
import proprunn.postprocess.Requantiser

class LayerSettingsSpec extends Scenarios {
  private val config = AcceleratorConfig(rows = 2, lanes = 8, dramBytes = 4)

  private def setGeometry(dut: LayerSettings, pitch: Int): Unit = {
    val f = GeometryFields
    dut.io.instruction.bits.poke(Encode.fields(f.pitch -> pitch, f.inHeight -> 40, f.inWidth -> 50, f.padValue -> 128))
    dut.io.setGeometry.poke(true)
    dut.clock.step()
    dut.io.setGeometry.poke(false)
  }

  private def setOutput(dut: LayerSettings, values: (FieldSpec, BigInt)*): Unit = {
    dut.io.instruction.bits.poke(Encode.fields(values: _*))
    dut.io.setOutput.poke(true)
    dut.clock.step()
    dut.io.setOutput.poke(false)
  }

  private def take(dut: LayerSettings): Unit = {
    var cycles = 0
    while (!dut.io.ready.peek().litToBoolean) {
      dut.clock.step()
      cycles += 1
      assert(cycles <= config.lanes, "the settings never become ready")
    }
    dut.io.take.poke(true)
    dut.clock.step()
    dut.io.take.poke(false)
  }

  private def expectPositions(dut: LayerSettings, pitch: Int): Unit = {
    dut.io.geometry.pitch.expect(pitch)
    for (lane <- 0 until config.lanes) {
      dut.io.geometry.laneY(lane).expect(lane / pitch, s"row of lane $lane at pitch $pitch")
      dut.io.geometry.laneX(lane).expect(lane % pitch, s"column of lane $lane at pitch $pitch")
    }
    dut.io.geometry.stepY.expect(config.lanes / pitch)
    dut.io.geometry.stepX.expect(config.lanes % pitch)
  }

  "Layer settings" should "hold to every sentence below" in simulate(new LayerSettings(config)) { dut =>
    scenario(dut, "The lanes' positions and the step from tile to tile should follow from the pitch") {
      for (pitch <- Seq(1, 2, 3, 5, 7, 8, 9, 16, 65535)) {
        setGeometry(dut, pitch)
        take(dut)
        expectPositions(dut, pitch)
        dut.io.geometry.inHeight.expect(40)
        dut.io.geometry.inWidth.expect(50)
        dut.io.geometry.padValue.expect(128)
      }
    }
    scenario(dut, "What is set should not be in force before it is taken") {
      setOutput(dut, OutputFields.scatter -> 0)
      setGeometry(dut, 3)
      take(dut)
      setGeometry(dut, 5)
      setOutput(dut, OutputFields.scatter -> 1)
      dut.clock.step(2 * config.lanes)
      expectPositions(dut, 3)
      dut.io.settings.scatter.expect(false)
      dut.io.scatterNext.expect(true)
      take(dut)
      expectPositions(dut, 5)
      dut.io.settings.scatter.expect(true)
    }
    scenario(dut, "The positions should be there at once where the pitch stays, and in half as many cycles as there are lanes where it does not") {
      for ((pitch, cycles) <- Seq(3 -> config.lanes / 2, 3 -> 0, 6 -> config.lanes / 2)) {
        setGeometry(dut, pitch)
        for (_ <- 0 until cycles) {
          dut.io.ready.expect(false)
          dut.clock.step()
        }
        dut.io.ready.expect(true)
        take(dut)
        expectPositions(dut, pitch)
      }
    }
    scenario(dut, "A GEOMETRY that follows another at once should leave nothing of it") {
      setGeometry(dut, 3)
      dut.clock.step(2)
      setGeometry(dut, 7)
      take(dut)
      expectPositions(dut, 7)
    }
    scenario(dut, "A window that ends before it begins should be empty") {
      val f = OutputFields
      for ((begin, end) <- Seq(3 -> 9, 5 -> 5, 9 -> 3)) {
        setOutput(dut, f.x0 -> begin, f.x1 -> end, f.y0 -> begin, f.y1 -> end)
        take(dut)
        for (span <- Seq(dut.io.settings.window.spanX, dut.io.settings.window.spanY)) span.expect((end - begin).max(0))
      }
    }
    scenario(dut, "The second shift should come with the bits it loses and half a unit less one, beyond its limit as at the limit") {
      for (shift <- Seq(0, 1, 2, 20, 35, 36, 37, 63)) {
        setOutput(dut, OutputFields.shift -> shift)
        take(dut)
        val limited = shift.min(Requantiser.secondShiftLimit)
        dut.io.settings.shift.expect(limited)
        dut.io.settings.lost.expect((BigInt(1) << limited) - 1)
        dut.io.settings.addend.expect(if (shift == 0) BigInt(0) else (BigInt(1) << (limited - 1)) - 1)
      }
    }
  }
}
