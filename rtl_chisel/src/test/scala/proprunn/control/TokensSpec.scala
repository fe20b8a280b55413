package proprunn.control

import proprunn.Scenarios
import proprunn.isa.ExecutionUnit

class TokensSpec extends Scenarios {
  private val (load, compute, store) = (ExecutionUnit.load, ExecutionUnit.compute, ExecutionUnit.store)

  private def wants(dut: Tokens, unit: Int, a: Int, b: Int, request: Boolean = false): Unit = {
    dut.io.units(unit).waitA.poke(a)
    dut.io.units(unit).waitB.poke(b)
    dut.io.units(unit).request.poke(request)
  }

  private def send(dut: Tokens, unit: Int, toA: Boolean, times: Int): Unit = {
    val port   = dut.io.units(unit)
    val signal = if (toA) port.signalA else port.signalB
    signal.poke(true)
    dut.clock.step(times)
    signal.poke(false)
  }

  "The token counters" should "hold to every sentence below" in simulate(new Tokens) { dut =>
    scenario(dut, "A token should reach the unit that it was sent to and no other") {
      // (sender, to its a, taker, from the taker's a)
      val ways = Seq(
        (load, true, compute, true),
        (load, false, store, true),
        (compute, true, load, true),
        (compute, false, store, false),
        (store, true, load, false),
        (store, false, compute, false)
      )
      for ((sender, toA, taker, fromA) <- ways) {
        send(dut, sender, toA, times = 1)
        for (unit <- 0 until 3; a <- Seq(true, false)) {
          wants(dut, unit, if (a) 1 else 0, if (a) 0 else 1)
          dut.io.units(unit).grant.expect(unit == taker && a == fromA)
        }
        wants(dut, taker, if (fromA) 1 else 0, if (fromA) 0 else 1, request = true)
        dut.clock.step()
        dut.io.units(taker).grant.expect(false)
        wants(dut, taker, 0, 0)
      }
    }
    scenario(dut, "An instruction should start only when both units have sent enough") {
      wants(dut, compute, 3, 1, request = true)
      send(dut, load, toA = true, times = 2)
      send(dut, store, toA = false, times = 1)
      dut.io.units(compute).enoughA.expect(false)
      dut.io.units(compute).grant.expect(false)
      send(dut, load, toA = true, times = 1)
      dut.io.units(compute).grant.expect(true)
      dut.clock.step()
      dut.io.units(compute).grant.expect(false)
    }
    scenario(dut, "A counter should report the token that it has no room for") {
      send(dut, load, toA = true, times = Tokens.limit)
      dut.io.overflow.expect(false)
      dut.io.units(load).signalA.poke(true)
      dut.io.overflow.expect(true)
      wants(dut, compute, 1, 0, request = true)
      dut.io.overflow.expect(false)
    }
  }
}
