package proprunn.control

import proprunn.Scenarios

class UnitQueueSpec extends Scenarios {
  private val (depth, keptBits) = (4, 100)
  private def word(i: Int): BigInt = (BigInt(i + 1) << 90) | (BigInt(0xabc + i) << 20) | i

  private def push(dut: UnitQueue, i: Int): Unit = {
    dut.io.in.valid.poke(true)
    dut.io.in.bits.bits.poke(word(i))
    dut.io.in.bits.index.poke(i)
  }

  "The queue of a unit" should "hold to every sentence below" in simulate(new UnitQueue(depth, keptBits)) { dut =>
    scenario(dut, "It should hold as many instructions as it was told, and give them in order with their indices") {
      dut.io.empty.expect(true)
      for (i <- 0 until depth) {
        dut.io.in.ready.expect(true)
        push(dut, i)
        dut.clock.step()
        dut.io.empty.expect(false)
      }
      dut.io.in.ready.expect(false)
      dut.io.in.valid.poke(false)
      dut.io.out.ready.poke(true)
      for (i <- 0 until depth) {
        dut.io.out.bits.bits.expect(word(i))
        dut.io.out.bits.index.expect(i)
        dut.clock.step()
      }
      dut.io.empty.expect(true)
    }
    scenario(dut, "It should take and give in every cycle") {
      dut.io.out.ready.poke(true)
      for (i <- 0 until 10) {
        push(dut, i)
        dut.io.in.ready.expect(true)
        if (i > 0) dut.io.out.bits.index.expect(i - 1)
        dut.clock.step()
      }
    }
    scenario(dut, "Bits that the unit does not use should read as 0") {
      dut.io.in.valid.poke(true)
      dut.io.in.bits.bits.poke((BigInt(1) << 256) - 1)
      dut.clock.step()
      dut.io.out.bits.bits.expect((BigInt(1) << keptBits) - 1)
    }
  }

  it should "refuse sizes that it cannot have, by their values" in {
    assert(refusal(new UnitQueue(1, 100)).contains("depth is 1"))
    assert(refusal(new UnitQueue(2, 257)).contains("keptBits is 257"))
  }
}
