package proprunn.control

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig
import proprunn.isa.{Isa, Register, Status}

class RegistersSpec extends Scenarios {
  private val config = AcceleratorConfig(digest = BigInt("123456789abcdef0", 16))

  private def read(dut: Registers, offset: Int): BigInt = {
    dut.io.axi.araddr.poke(offset)
    dut.io.axi.arvalid.poke(true)
    dut.clock.step()
    dut.io.axi.arvalid.poke(false)
    dut.io.axi.rvalid.expect(true)
    val value = dut.io.axi.rdata.peek().litValue
    dut.io.axi.rready.poke(true)
    dut.clock.step()
    dut.io.axi.rready.poke(false)
    dut.io.axi.rvalid.expect(false)
    value
  }

  /** Address and data are offered `skew` cycles apart; says whether START was pulsed. */
  private def write(dut: Registers, offset: Int, value: BigInt, strobe: Int = 15, skew: Int = 0): Boolean = {
    val (first, second) = if (skew < 0) (dut.io.axi.wvalid, dut.io.axi.awvalid) else (dut.io.axi.awvalid, dut.io.axi.wvalid)
    dut.io.axi.awaddr.poke(offset)
    dut.io.axi.wdata.poke(value)
    dut.io.axi.wstrb.poke(strobe)
    first.poke(true)
    for (_ <- 0 until skew.abs) {
      dut.io.axi.awready.expect(false)
      dut.clock.step()
    }
    second.poke(true)
    dut.io.axi.awready.expect(true)
    dut.io.axi.wready.expect(true)
    val started = dut.io.start.peek().litToBoolean
    dut.clock.step()
    dut.io.axi.awvalid.poke(false)
    dut.io.axi.wvalid.poke(false)
    dut.io.axi.bvalid.expect(true)
    dut.io.axi.bready.poke(true)
    dut.clock.step()
    dut.io.axi.bready.poke(false)
    dut.io.axi.bvalid.expect(false)
    started
  }

  "The registers" should "hold to every sentence below" in simulate(new Registers(config)) { dut =>
    scenario(dut, "The registers should show what they are told") {
      dut.io.status.poke(Status.error)
      dut.io.fault.code.poke(5)
      dut.io.fault.index.poke(77)
      for ((counter, i) <- dut.io.counters.zipWithIndex) counter.poke(1000 + i)
      val shown = Seq(
        Register.status      -> BigInt(Status.error),
        Register.fault       -> BigInt(5),
        Register.faultIndex  -> BigInt(77),
        Register.digestLow   -> BigInt("9abcdef0", 16),
        Register.digestHigh  -> BigInt("12345678", 16),
        Register.isaVersion  -> BigInt(Isa.version),
        Register.control     -> BigInt(0),
        Register.counters    -> BigInt(1000),
        Register.counters + 60 -> BigInt(1015),
        0xfc                 -> BigInt(0)
      )
      for ((offset, value) <- shown) assert(read(dut, offset) == value, f"at 0x$offset%02x")
    }
    scenario(dut, "The program's address should take single bytes and drop its low bits, in whatever order AXI brings them") {
      write(dut, Register.programAddress, BigInt("12345678", 16), skew = 3)
      assert(read(dut, Register.programAddress) == BigInt("12345640", 16))
      write(dut, Register.programAddress, BigInt("aabbccdd", 16), strobe = 4, skew = -2)
      assert(read(dut, Register.programAddress) == BigInt("12bb5640", 16))
    }
    scenario(dut, "START should be pulsed by a 1 and never while a program runs") {
      for ((status, started) <- Seq(Status.idle -> true, Status.running -> false, Status.done -> true, Status.error -> true)) {
        dut.io.status.poke(status)
        assert(write(dut, Register.control, 1) == started)
        assert(!write(dut, Register.control, 2))
        assert(!write(dut, Register.control, 1, strobe = 2))
        assert(!write(dut, Register.status, 1))
      }
    }
  }
}
