package proprunn.memory

import proprunn.Scenarios
import proprunn.config.ScratchShape

import scala.util.Random

class ScratchpadSpec extends Scenarios {

  private def fill(dut: Scratchpad, shape: ScratchShape): Seq[BigInt] = {
    val random   = new Random(1)
    val elements = Seq.fill(shape.depth)(BigInt(shape.elementBits, random))
    dut.io.write.valid.poke(true)
    for ((word, address) <- elements.grouped(shape.elementsPerWord).zipWithIndex) {
      dut.io.write.bits.address.poke(address)
      dut.io.write.bits.data.poke(word.zipWithIndex.map { case (element, i) => element << (i * shape.elementBits) }.reduce(_ | _))
      dut.clock.step()
    }
    dut.io.write.valid.poke(false)
    elements
  }

  private def sentences(dut: Scratchpad, shape: ScratchShape): Unit = {
    scenario(dut, "Every element should be read back a cycle after its address") {
      val elements = fill(dut, shape)
      dut.io.read.enable.poke(true)
      for (address <- shape.depth - 1 to 0 by -1) {
        dut.io.read.address.poke(address)
        dut.clock.step()
        dut.io.read.data.expect(elements(address))
      }
    }
    scenario(dut, "An element should stay until the next one is asked for") {
      val elements = fill(dut, shape)
      dut.io.read.enable.poke(true)
      dut.io.read.address.poke(3)
      dut.clock.step()
      dut.io.read.enable.poke(false)
      dut.io.read.address.poke(6)
      dut.clock.step(3)
      dut.io.read.data.expect(elements(3))
    }
  }

  private val narrow = ScratchShape(elementBytes = 4, depth = 32, dramBytes = 16)
  "A scratchpad with several elements to a word" should "hold to every sentence below" in
    simulate(new Scratchpad(narrow))(sentences(_, narrow))

  private val wide = ScratchShape(elementBytes = 16, depth = 16, dramBytes = 8)
  "A scratchpad with an element to a word" should "hold to every sentence below" in
    simulate(new Scratchpad(wide))(sentences(_, wide))
}
