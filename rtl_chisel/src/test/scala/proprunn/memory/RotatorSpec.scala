package proprunn.memory

import proprunn.Scenarios

import scala.util.Random

class RotatorSpec extends Scenarios {
  private val (count, width) = (8, 5)

  "The rotator" should "hold to every sentence below" in simulate(new Rotator(count, width)) { dut =>
    scenario(dut, "Output i should be input i + amount, for every amount") {
      val random = new Random(1)
      for (amount <- 0 until count) {
        val in = BigInt(count * width, random)
        dut.io.in.poke(in)
        dut.io.amount.poke(amount)
        for (i <- 0 until count) {
          val element = (i + amount) % count * width
          assert(((dut.io.out.peek().litValue >> (i * width)) & 31) == ((in >> element) & 31), s"output $i at amount $amount")
        }
      }
    }
  }

  it should "refuse a count that is no power of two, by its value" in {
    for (bad <- Seq(1, 6)) assert(refusal(new Rotator(bad, 8)).contains(s"rotator of $bad elements"))
  }
}
