package proprunn.control

import proprunn.Scenarios

import scala.util.Random

class WordAssemblerSpec extends Scenarios {
  private val wordBytes = 16

  private def sentences(dramBytes: Int)(dut: WordAssembler): Unit = {
    val beats = wordBytes / dramBytes
    scenario(dut, s"Words should hold their beats in order, the first lowest, in the cycle of the last, however beats of $dramBytes bytes come") {
      val random = new Random(1)
      for (_ <- 0 until 20) {
        val word  = BigInt(wordBytes * 8, random)
        val error = Option.when(random.nextInt(3) == 0)(random.nextInt(beats))
        for (beat <- 0 until beats) {
          while (random.nextInt(3) == 0) {
            dut.io.data.valid.poke(false)
            dut.io.word.valid.expect(false)
            dut.clock.step()
          }
          dut.io.data.valid.poke(true)
          dut.io.data.ready.expect(true)
          dut.io.data.bits.data.poke((word >> (beat * dramBytes * 8)) & ((BigInt(1) << (dramBytes * 8)) - 1))
          dut.io.data.bits.error.poke(error.contains(beat))
          dut.io.word.valid.expect(beat == beats - 1)
          if (beat == beats - 1) {
            dut.io.word.bits.data.expect(word)
            dut.io.word.bits.error.expect(error.nonEmpty)
          }
          dut.clock.step()
        }
      }
    }
  }

  "Words of several beats" should "hold to every sentence below" in simulate(new WordAssembler(4, wordBytes))(sentences(4))

  "Words of one beat" should "hold to every sentence below" in simulate(new WordAssembler(16, wordBytes))(sentences(16))

  "Words that are no whole number of beats" should "be refused by their sizes" in {
    assert(refusal(new WordAssembler(32, wordBytes)).contains("words of 16 bytes from beats of 32 bytes"))
  }
}
