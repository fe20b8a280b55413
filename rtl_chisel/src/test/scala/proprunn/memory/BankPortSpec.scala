package proprunn.memory

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig

class BankPortSpec extends Scenarios {
  private val config = AcceleratorConfig(rows = 4, lanes = 8, bankDepth = 32, dramBytes = 8)

  /** Rows that tell the four users apart. */
  private val (drainRow, skipRow, loadRow, storeRow) = (1, 2, 3, 4)

  private def ask(dut: BankPort, drain: Boolean, skip: Boolean, load: Boolean, store: Boolean): Unit = {
    dut.io.drain.valid.poke(drain)
    dut.io.drain.bits.rows.lower.poke(drainRow)
    dut.io.drain.bits.rows.useUpper.poke(7)
    dut.io.drain.bits.far.lower.poke(9)
    dut.io.drain.bits.useFar.poke(5)
    dut.io.drain.bits.mask.poke(0x0f)
    dut.io.skip.valid.poke(skip)
    dut.io.skip.bits.poke(skipRow)
    dut.io.load.valid.poke(load)
    dut.io.load.bits.row.poke(loadRow)
    dut.io.load.bits.mask.poke(0xf0)
    dut.io.store.valid.poke(store)
    dut.io.store.bits.poke(storeRow)
    for (i <- 0 until config.lanes) {
      dut.io.drain.bits.data(i).poke(10 + i)
      dut.io.load.bits.data(i).poke(20 + i)
    }
  }

  /** Which user is served in this cycle. */
  private def served(dut: BankPort, users: Seq[Boolean]): Int = {
    val ready = Seq(true, dut.io.skip.ready.peek().litToBoolean, dut.io.load.ready.peek().litToBoolean, dut.io.store.ready.peek().litToBoolean)
    val fires = users.zip(ready).map { case (valid, ready) => valid && ready }
    assert(fires.count(identity) <= 1, s"served at once: $fires of $users")
    fires.indexOf(true)
  }

  "The banks' second port" should "hold to every sentence below" in simulate(new BankPort(config)) { dut =>
    scenario(dut, "The first of drain, skip, load and store that asks should be served, and it alone") {
      for (choice <- 0 until 16) {
        val users = Seq.tabulate(4)(i => (choice >> i & 1) == 1)
        ask(dut, users(0), users(1), users(2), users(3))
        val user = served(dut, users)
        assert(user == users.indexOf(true))
        dut.io.bankWrite.expect(user == 0 || user == 2)
        dut.io.skipRead.expect(user == 1 || user == 3)
        dut.clock.step()
        dut.io.access.valid.expect(user >= 0)
        if (user >= 0) {
          dut.io.write.expect(user == 0 || user == 2)
          dut.io.access.bits.rows.lower.expect(Seq(drainRow, skipRow, loadRow, storeRow)(user))
          dut.io.access.bits.rows.useUpper.expect(if (user == 0) 7 else 0)
          dut.io.access.bits.useFar.expect(if (user == 0) 5 else 0)
          if (user == 0) dut.io.access.bits.far.lower.expect(9)
        }
      }
    }
    scenario(dut, "A write should bring its own data and mask") {
      for ((drain, mask, first) <- Seq((true, 0x0f, 10), (false, 0xf0, 20))) {
        ask(dut, drain = drain, skip = false, load = true, store = false)
        dut.clock.step()
        dut.io.access.bits.mask.expect(mask)
        for (i <- 0 until config.lanes) dut.io.access.bits.data(i).expect(first + i)
      }
    }
    scenario(dut, "The store unit should be told of its row two cycles after it was taken, and of no other row") {
      ask(dut, drain = false, skip = false, load = false, store = true)
      dut.clock.step()
      ask(dut, drain = false, skip = true, load = false, store = true)
      dut.io.storeData.expect(false)
      dut.clock.step()
      ask(dut, drain = false, skip = false, load = false, store = false)
      dut.io.storeData.expect(true)
      dut.clock.step()
      dut.io.storeData.expect(false)
    }
  }
}
