package proprunn.memory

import chisel3._
import proprunn.Scenarios
import proprunn.config.AcceleratorConfig

import scala.util.Random

class ActivationBanksSpec extends Scenarios {
  private val config = AcceleratorConfig(rows = 4, lanes = 8, bankDepth = 32, dramBytes = 8)
  private val pixels = config.lanes * config.bankDepth

  /** Points the rows at `lanes` neighbouring pixels that begin at a flat pixel, as array and drain do. */
  private def aim(rows: BankRows, pixel: Int): Unit = {
    rows.lower.poke(pixel / config.lanes)
    rows.upper.poke((pixel / config.lanes + 1) % config.bankDepth)
    rows.useUpper.poke((BigInt(1) << (pixel % config.lanes)) - 1)
  }

  /** The data of a read, by pixel rather than by bank. */
  private def byPixel(data: Vec[UInt], pixel: Int): Seq[Int] =
    Seq.tabulate(config.lanes)(i => data((pixel + i) % config.lanes).peek().litValue.toInt)

  /** Writes neighbouring pixels, those of the mask (bit i for pixel + i). */
  private def write(dut: ActivationBanks, pixel: Int, values: Seq[Int], mask: Int): Unit = {
    aim(dut.io.access.bits.rows, pixel)
    for ((value, i) <- values.zipWithIndex) dut.io.access.bits.data((pixel + i) % config.lanes).poke(value)
    val banks = (0 until config.lanes).filter(i => (mask >> i & 1) == 1).map(i => BigInt(1) << ((pixel + i) % config.lanes))
    dut.io.access.bits.mask.poke(banks.foldLeft(BigInt(0))(_ | _))
    dut.io.access.valid.poke(true)
    dut.io.write.poke(true)
    dut.clock.step()
    dut.io.access.valid.poke(false)
  }

  private def fill(dut: ActivationBanks): Array[Int] = {
    val content = Array.tabulate(pixels)(i => (i * 37 + i / 8) & 0xff)
    for (row <- 0 until config.bankDepth) write(dut, row * config.lanes, content.slice(row * config.lanes, (row + 1) * config.lanes).toSeq, 0xff)
    content
  }

  "The activation banks" should "hold to every sentence below" in simulate(new ActivationBanks(config)) { dut =>
    scenario(dut, "Both ports should read any neighbouring pixels at once, whatever the first one is") {
      val content = fill(dut)
      dut.io.arrayRead.valid.poke(true)
      dut.io.access.valid.poke(true)
      dut.io.write.poke(false)
      for (pixel <- 0 to pixels - 2 * config.lanes by 3) {
        val other = pixels - 2 * config.lanes - pixel
        aim(dut.io.arrayRead.bits, pixel)
        aim(dut.io.access.bits.rows, other)
        dut.clock.step()
        assert(byPixel(dut.io.arrayData, pixel) == content.slice(pixel, pixel + config.lanes).toSeq, s"array port from pixel $pixel")
        assert(byPixel(dut.io.data, other) == content.slice(other, other + config.lanes).toSeq, s"second port from pixel $other")
      }
    }
    scenario(dut, "A write should change the masked pixels and no others, while the array reads") {
      val content = fill(dut)
      val random  = new Random(2)
      for (_ <- 0 until 100) {
        val (to, from) = (random.nextInt(pixels / 2 - config.lanes), pixels / 2 + random.nextInt(pixels / 2 - config.lanes))
        val (values, mask) = (Seq.fill(config.lanes)(random.nextInt(256)), random.nextInt(256))
        aim(dut.io.arrayRead.bits, from)
        dut.io.arrayRead.valid.poke(true)
        write(dut, to, values, mask)
        assert(byPixel(dut.io.arrayData, from) == content.slice(from, from + config.lanes).toSeq)
        for ((value, i) <- values.zipWithIndex if (mask >> i & 1) == 1) content(to + i) = value
      }
      for (pixel <- 0 until pixels by config.lanes) {
        aim(dut.io.arrayRead.bits, pixel)
        dut.clock.step()
        assert(byPixel(dut.io.arrayData, pixel) == content.slice(pixel, pixel + config.lanes).toSeq, s"row ${pixel / config.lanes}")
      }
    }
    scenario(dut, "A write should reach two places at once, each in banks of its own") {
      val content = fill(dut)
      val half    = config.lanes / 2
      for ((pixel, apart) <- Seq(0 -> 0, 3 -> 2, 13 -> 5, 30 -> 1)) {
        val values = Seq.tabulate(config.lanes)(i => 200 + i)
        val (row, bank) = (pixel / config.lanes, pixel % config.lanes)
        dut.io.access.bits.far.lower.poke(row + apart)
        dut.io.access.bits.far.upper.poke(row + apart + 1)
        dut.io.access.bits.useFar.poke((half until config.lanes).map(i => BigInt(1) << ((bank + i) % config.lanes)).reduce(_ | _))
        write(dut, pixel, values, 0xff)
        dut.io.access.bits.useFar.poke(0)
        for ((value, i) <- values.zipWithIndex) content(pixel + i + (if (i < half) 0 else apart * config.lanes)) = value
      }
      dut.io.arrayRead.valid.poke(true)
      for (pixel <- 0 until pixels by config.lanes) {
        aim(dut.io.arrayRead.bits, pixel)
        dut.clock.step()
        assert(byPixel(dut.io.arrayData, pixel) == content.slice(pixel, pixel + config.lanes).toSeq, s"row ${pixel / config.lanes}")
      }
    }
    scenario(dut, "Data should stay while nothing is asked") {
      val content = fill(dut)
      aim(dut.io.arrayRead.bits, 5)
      dut.io.arrayRead.valid.poke(true)
      dut.clock.step()
      dut.io.arrayRead.valid.poke(false)
      aim(dut.io.arrayRead.bits, 100)
      dut.clock.step(3)
      assert(byPixel(dut.io.arrayData, 5) == content.slice(5, 13).toSeq)
    }
  }
}
