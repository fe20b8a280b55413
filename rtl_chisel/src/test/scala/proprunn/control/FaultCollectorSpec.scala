package proprunn.control

import proprunn.Scenarios
import proprunn.isa.Fault

class FaultCollectorSpec extends Scenarios {
  private def find(dut: FaultCollector, source: Int, index: Int): Unit = {
    dut.io.found(source).valid.poke(true)
    dut.io.found(source).bits.poke(index)
    dut.clock.step()
    dut.io.found(source).valid.poke(false)
  }

  "The fault collector" should "hold to every sentence below" in simulate(new FaultCollector(3)) { dut =>
    scenario(dut, "The earliest instruction should be reported, once all that is in flight has ended") {
      find(dut, source = 0, index = 12)
      dut.io.pending.expect(true)
      find(dut, source = 2, index = 9)
      find(dut, source = 1, index = 10)
      dut.clock.step(5)
      dut.io.fault.valid.expect(false)
      dut.io.quiet.poke(true)
      dut.clock.step()
      dut.io.fault.valid.expect(true)
      dut.io.fault.bits.index.expect(9)
      dut.io.fault.bits.code.expect(Fault.illegalField)
    }
    scenario(dut, "A report should stay, whatever is found after it") {
      dut.io.quiet.poke(true)
      find(dut, source = 1, index = 10)
      dut.clock.step()
      find(dut, source = 0, index = 3)
      dut.clock.step(2)
      dut.io.fault.bits.index.expect(10)
      dut.io.pending.expect(true)
    }
    scenario(dut, "An instruction that is refused should be reported with its own code, unless one before it has a fault") {
      dut.io.refused.valid.poke(true)
      dut.io.refused.bits.code.poke(Fault.illegalOpcode)
      dut.io.refused.bits.index.poke(5)
      dut.clock.step()
      dut.io.fault.bits.code.expect(Fault.illegalOpcode)
      dut.io.fault.bits.index.expect(5)
    }
    scenario(dut, "A fault in flight should come before a refusal that ends the wait for it") {
      find(dut, source = 1, index = 4)
      dut.io.quiet.poke(true)
      dut.io.refused.valid.poke(true)
      dut.io.refused.bits.code.poke(Fault.illegalOpcode)
      dut.io.refused.bits.index.poke(5)
      dut.clock.step()
      dut.io.fault.bits.code.expect(Fault.illegalField)
      dut.io.fault.bits.index.expect(4)
    }
  }
}
