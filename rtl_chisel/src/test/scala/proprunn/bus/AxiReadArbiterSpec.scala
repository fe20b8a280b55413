package proprunn.bus

import proprunn.Scenarios

import scala.collection.mutable
import scala.util.Random

class AxiReadArbiterSpec extends Scenarios {
  private val clients = 2

  private def ask(dut: AxiReadArbiter, client: Int, address: Option[Int]): Unit = {
    dut.io.request(client).valid.poke(address.nonEmpty)
    dut.io.request(client).bits.address.poke(address.getOrElse(0))
  }

  "The read arbiter" should "hold to every sentence below" in simulate(new AxiReadArbiter(8, clients)) { dut =>
    scenario(dut, "Every request should reach AXI once, with its client's id and in its client's order, and never change while it is offered") {
      val random  = new Random(1)
      val waiting = Seq.tabulate(clients)(client => mutable.Queue.from(Seq.tabulate(40)(i => 1000 * client + i)))
      val seen    = Seq.fill(clients)(mutable.Buffer[Int]())
      var offered = Option.empty[(Int, Int)]
      while (seen.map(_.size).sum < 40 * clients) {
        val asking = waiting.map(queue => queue.headOption.filter(_ => random.nextInt(3) != 0))
        for (client <- 0 until clients) ask(dut, client, asking(client))
        val ready = random.nextBoolean()
        dut.io.axi.request.ready.poke(ready)
        val now = Option.when(dut.io.axi.request.valid.peek().litToBoolean)(
          (dut.io.axi.requestId.peek().litValue.toInt, dut.io.axi.request.bits.address.peek().litValue.toInt)
        )
        for (before <- offered) assert(now.contains(before), "an offered request was changed")
        for ((id, address) <- now if ready) seen(id) += address
        offered = now.filterNot(_ => ready)
        for (client <- 0 until clients if asking(client).nonEmpty && dut.io.request(client).ready.peek().litToBoolean) waiting(client).dequeue()
        dut.clock.step()
      }
      for (client <- 0 until clients) assert(seen(client).toSeq == Seq.tabulate(40)(i => 1000 * client + i))
    }
    scenario(dut, "The lowest client should go first") {
      for (client <- 0 until clients) ask(dut, client, Some(client))
      dut.io.request(0).ready.expect(true)
      dut.io.request(1).ready.expect(false)
      ask(dut, 0, None)
      dut.io.request(1).ready.expect(true)
    }
    scenario(dut, "An answer should go to the client that its id names, when that client takes it") {
      for (id <- 0 until clients; taker <- 0 until clients) {
        dut.io.axi.data.valid.poke(true)
        dut.io.axi.data.bits.data.poke(7 + id)
        dut.io.axi.data.bits.error.poke(id == 1)
        dut.io.axi.dataId.poke(id)
        for (client <- 0 until clients) dut.io.data(client).ready.poke(client == taker)
        dut.io.axi.data.ready.expect(id == taker)
        for (client <- 0 until clients) dut.io.data(client).valid.expect(client == id)
        dut.io.data(id).bits.data.expect(7 + id)
        dut.io.data(id).bits.error.expect(id == 1)
      }
    }
  }

  it should "refuse more clients than its id can name" in {
    assert(refusal(new AxiReadArbiter(8, 3)).contains("3 read clients"))
  }
}
