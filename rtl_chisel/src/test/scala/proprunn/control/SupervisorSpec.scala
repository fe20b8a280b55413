package proprunn.control

import proprunn.Scenarios
import proprunn.isa.{Fault, Status}

class SupervisorSpec extends Scenarios {
  private def start(dut: Supervisor): Unit = {
    dut.io.start.poke(true)
    dut.clock.step()
    dut.io.start.poke(false)
    dut.io.status.expect(Status.running)
  }

  private def atRest(dut: Supervisor): Unit = for (unit <- dut.io.units) {
    unit.idle.poke(true)
    unit.queueEmpty.poke(true)
  }

  "The supervisor" should "hold to every sentence below" in simulate(new Supervisor(2)) { dut =>
    scenario(dut, "A program should be done when all is dispatched and nothing is left to do") {
      start(dut)
      atRest(dut)
      dut.io.units(2).queueEmpty.poke(false)
      dut.clock.step()
      dut.io.fetchComplete.poke(true)
      dut.clock.step()
      dut.io.status.expect(Status.running)
      dut.io.units(2).queueEmpty.poke(true)
      dut.clock.step()
      dut.io.status.expect(Status.done)
      dut.io.running.expect(false)
    }
    scenario(dut, "The first fault should halt at once and be shown when DRAM is at rest") {
      start(dut)
      for ((source, index) <- Seq(0 -> 9, 1 -> 4)) {
        dut.io.faults(source).valid.poke(true)
        dut.io.faults(source).bits.code.poke(Fault.illegalField)
        dut.io.faults(source).bits.index.poke(index)
      }
      dut.clock.step()
      dut.io.halt.expect(true)
      dut.io.fault.index.expect(4)
      dut.io.status.expect(Status.running)
      dut.io.faults(1).bits.index.poke(2)
      atRest(dut)
      dut.clock.step()
      dut.io.status.expect(Status.error)
      dut.io.fault.index.expect(4)
      dut.io.faults(0).valid.poke(false)
      dut.io.faults(1).valid.poke(false)
      start(dut)
      dut.io.halt.expect(false)
      dut.io.fault.code.expect(Fault.none)
    }
    scenario(dut, "A program that stands still should end with DEADLOCK, and one that moves should not") {
      start(dut)
      atRest(dut)
      for ((unit, index) <- Seq(0 -> 12, 1 -> 7)) {
        dut.io.units(unit).waiting.poke(true)
        dut.io.units(unit).index.poke(index)
        dut.io.units(unit).queueEmpty.poke(false)
      }
      for (_ <- 0 until 3) {
        dut.clock.step(Supervisor.patience - 10)
        dut.io.dispatched.poke(true)
        dut.clock.step()
        dut.io.dispatched.poke(false)
      }
      dut.io.status.expect(Status.running)
      dut.clock.step(Supervisor.patience + 5)
      dut.io.status.expect(Status.error)
      dut.io.fault.code.expect(Fault.deadlock)
      dut.io.fault.index.expect(7)
    }
  }
}
