package proprunn.config

import chisel3._
import proprunn.Scenarios

class LanesSpec extends Scenarios {
  private class Masks extends Module {
    val io = IO(new Bundle {
      val n     = Input(UInt(4.W))
      val below = Output(UInt(8.W))
      val from  = Output(UInt(8.W))
    })
    io.below := Lanes.below(io.n, 8)
    io.from  := Lanes.from(io.n, 8)
  }

  "Masks over lanes" should "hold to every sentence below" in simulate(new Masks) { dut =>
    scenario(dut, "They should part the lanes below a number from those from it on") {
      for (n <- 0 to 8) {
        dut.io.n.poke(n)
        dut.io.below.expect((1 << n) - 1)
        dut.io.from.expect(255 & (255 << n))
      }
    }
  }
}
