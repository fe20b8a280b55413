package proprunn.array

import proprunn.Scenarios

class PeSpec extends Scenarios {

  /** Multiplies and then adds, or starts the sum. */
  private def take(dut: Pe, weight: Int, activation: Int, load: Boolean, times: Int = 1): Unit = {
    dut.io.multiply.poke(true)
    dut.io.weight.poke(weight)
    dut.io.activation.poke(activation)
    dut.clock.step()
    dut.io.multiply.poke(false)
    dut.io.accumulate.poke(true)
    dut.io.load.poke(load)
    dut.clock.step(times)
    dut.io.accumulate.poke(false)
  }

  "A cell" should "hold to every sentence below" in simulate(new Pe) { dut =>
    scenario(dut, "A product should be exact at the ends of its operands") {
      for (weight <- Seq(-128, -127, -1, 0, 1, 127); activation <- Seq(0, 1, 128, 255)) {
        take(dut, weight, activation, load = true)
        dut.io.sum.expect(weight * activation)
      }
    }
    scenario(dut, "A sum should wrap around at 32 bits, as the interpreter's does") {
      // Products double as wide as real ones reach the end sooner.
      take(dut, 1 << 15, 1 << 15, load = true)
      dut.io.sum.expect(1 << 30)
      take(dut, 1 << 15, 1 << 15, load = false)
      dut.io.sum.expect(Int.MinValue)
      take(dut, -1, 1, load = false)
      dut.io.sum.expect(Int.MaxValue)
    }
    scenario(dut, "A product should wait for its accumulation, and count once for each") {
      take(dut, 3, 5, load = true)
      dut.clock.step(4)
      dut.io.sum.expect(15)
      take(dut, 2, 2, load = false, times = 3)
      dut.io.sum.expect(27)
    }
  }
}
