package proprunn.control

import proprunn.Scenarios

import scala.util.Random

class TokenSenderSpec extends Scenarios {
  "The token sender" should "hold to every sentence below" in simulate(new TokenSender(4)) { dut =>
    scenario(dut, "Every token that falls due should be sent, one per cycle, and no other") {
      val random = new Random(1)
      var (due, sent) = (0, 0)
      for (cycle <- 0 until 300) {
        val falling = if (cycle < 200) random.nextInt(16) & random.nextInt(16) else 0
        dut.io.due.poke(falling)
        due += Integer.bitCount(falling)
        sent += dut.io.send.peek().litValue.toInt
        assert(sent <= due)
        dut.clock.step()
      }
      dut.io.send.expect(false)
      assert(sent == due)
    }
    scenario(dut, "Tokens that fall due at once should follow each other without a gap") {
      dut.io.due.poke(15)
      dut.clock.step()
      dut.io.due.poke(0)
      for (_ <- 0 until 4) {
        dut.io.send.expect(true)
        dut.clock.step()
      }
      dut.io.send.expect(false)
    }
  }

  it should "refuse more sources than its count of owed tokens allows" in {
    for (bad <- Seq(0, 9)) assert(refusal(new TokenSender(bad)).contains(s"$bad sources of tokens"))
  }
}
