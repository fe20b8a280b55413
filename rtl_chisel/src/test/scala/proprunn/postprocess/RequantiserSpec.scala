package proprunn.postprocess

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig

import scala.util.Random

class RequantiserSpec extends Scenarios {
  private val config = AcceleratorConfig(rows = 2, lanes = 8, dramBytes = 4)

  private case class Layer(
      midWide: Boolean = false,
      midLow: Int = -256,
      midHigh: Int = 255,
      mainMultiplier: Int = 1,
      skipMultiplier: Int = 0,
      shift: Int = 0,
      skipZero: Int = 0,
      outZero: Int = 0,
      low: Int = 0,
      high: Int = 255
  )
  private case class Row(sums: Seq[Int], bias: Int, multiplier: Int, shift: Int, skip: Option[Seq[Int]] = None)

  /** `value / 2**shift` as a whole number and the rest, of any size: nothing of the hardware's ways is used. */
  private def split(value: BigInt, shift: Int): (BigInt, BigInt) = {
    val whole = value >> shift
    (whole, value - (whole << shift))
  }
  private def halfEven(value: BigInt, shift: Int): BigInt = {
    val (whole, rest) = split(value, shift)
    val twice         = (rest * 2).compare(BigInt(1) << shift)
    if (twice > 0 || (twice == 0 && whole.testBit(0))) whole + 1 else whole
  }
  private def toOdd(value: BigInt, shift: Int): BigInt = {
    val (whole, rest) = split(value, shift)
    if (rest != 0) whole | 1 else whole
  }
  private def clamp(value: BigInt, low: BigInt, high: BigInt): BigInt = value.max(low).min(high)

  /** `hwservice/ir/arithmetic.py` `Rounding.apply`. */
  private def meaning(layer: Layer, row: Row): Seq[Int] = for ((sum, lane) <- row.sums.zipWithIndex) yield {
    val product = BigInt(sum + row.bias) * row.multiplier
    val mid =
      if (layer.midWide) clamp(toOdd(product, row.shift), -(1 << 17), (1 << 17) - 1)
      else clamp(halfEven(product, row.shift), layer.midLow, layer.midHigh)
    val skip  = row.skip.fold(0)(values => (values(lane) - layer.skipZero) * layer.skipMultiplier)
    val value = halfEven(mid * layer.mainMultiplier + skip, layer.shift)
    clamp(value + layer.outZero, layer.low, layer.high).toInt
  }

  private def set(dut: Requantiser, layer: Layer): Unit = {
    val s = dut.io.settings
    s.midWide.poke(layer.midWide)
    s.midLow.poke(layer.midLow)
    s.midHigh.poke(layer.midHigh)
    s.mainMultiplier.poke(layer.mainMultiplier)
    s.skipMultiplier.poke(layer.skipMultiplier)
    val shift = layer.shift.min(Requantiser.secondShiftLimit)
    s.shift.poke(shift)
    s.lost.poke((BigInt(1) << shift) - 1)
    s.addend.poke((BigInt(1) << (shift - 1).max(0)) - 1)
    s.skipZero.poke(layer.skipZero)
    s.outZero.poke(layer.outZero)
    s.low.poke(layer.low)
    s.high.poke(layer.high)
  }

  private def enter(dut: Requantiser, row: Row): Unit = {
    dut.io.bias.poke(row.bias)
    dut.io.multiplier.poke(row.multiplier)
    dut.io.shift.poke(row.shift)
    dut.io.skipEnable.poke(row.skip.nonEmpty)
    for ((sum, lane) <- row.sums.zipWithIndex) dut.io.in.bits(lane).poke(sum)
  }

  /** Sends rows, with gaps where there is none, and compares what comes out with what they mean. */
  private def check(dut: Requantiser, layer: Layer, rows: Seq[Option[Row]]): Unit = {
    set(dut, layer)
    for (cycle <- 0 until rows.size + Requantiser.latency) {
      val row = rows.lift(cycle).flatten
      dut.io.in.valid.poke(row.nonEmpty)
      row.foreach(enter(dut, _))
      for (late <- rows.lift(cycle - Requantiser.skipDelay).flatten; skip <- late.skip; (value, lane) <- skip.zipWithIndex)
        dut.io.skip(lane).poke(value)
      val leaving = rows.lift(cycle - Requantiser.latency).flatten
      dut.io.out.valid.expect(leaving.nonEmpty)
      for (done <- leaving) {
        val out = dut.io.out.bits.map(_.peek().litValue.toInt)
        assert(out == meaning(layer, done), s"out of $done in $layer")
      }
      dut.clock.step()
    }
  }

  private def rows(sums: Seq[Int], bias: Int, multiplier: Int, shift: Int): Seq[Option[Row]] =
    sums.grouped(config.lanes).map(group => Some(Row(group.padTo(config.lanes, 0), bias, multiplier, shift))).toSeq

  private def randomSums(random: Random): Seq[Int] = Seq.fill(config.lanes)(random.nextInt() >> random.nextInt(32))

  private def randomRow(random: Random): Option[Row] = Option.when(random.nextInt(5) != 0) {
    val skip = Option.when(random.nextBoolean())(Seq.fill(config.lanes)(random.nextInt(256)))
    Row(randomSums(random), random.nextInt() >> random.nextInt(32), random.nextInt(1 << 16), random.nextInt(64) >> random.nextInt(3), skip)
  }

  private def randomLayer(random: Random): Layer = {
    val middle = Seq.fill(2)(random.between(-256, 256)).sorted
    val range  = Seq.fill(2)(random.nextInt(256)).sorted
    Layer(
      random.nextBoolean(),
      middle.head,
      middle.last,
      random.nextInt(1 << 16) >> random.nextInt(16),
      random.between(-(1 << 15), 1 << 15) >> random.nextInt(15),
      random.nextInt(64) >> random.nextInt(3),
      random.nextInt(256),
      random.nextInt(256),
      range.head,
      range.last
    )
  }

  "The requantiser" should "hold to every sentence below" in simulate(new Requantiser(config)) { dut =>
    scenario(dut, "Ties should go to the even number, in the first rounding and in the second") {
      val sums = -20 until 20
      check(dut, Layer(outZero = 128), rows(sums, bias = 0, multiplier = 1, shift = 1))
      check(dut, Layer(outZero = 128), rows(sums, bias = 0, multiplier = 2, shift = 3))
      check(dut, Layer(outZero = 128, shift = 2), rows(sums, bias = 0, multiplier = 1, shift = 0))
    }
    scenario(dut, "Rounding to odd should keep the second rounding exact: what is a little more than a tie is no tie") {
      val layer = Layer(midWide = true, shift = 3, outZero = 128)
      check(dut, layer, rows(Seq(64, 65, 63, 72, 192, 193, 191, -64, -65, -63, -192, -193, -191), bias = 0, multiplier = 1, shift = 4))
      set(dut, layer)
    }
    scenario(dut, "Nothing should wrap around but the sum and its bias") {
      val ends = Seq(Int.MaxValue, Int.MinValue, Int.MaxValue - 1, Int.MinValue + 1, 0, -1, 1, 65535)
      for (midWide <- Seq(true, false); shift <- Seq(0, 1, 16, 31, 46, 47, 48, 49, 63)) {
        check(dut, Layer(midWide, mainMultiplier = 65535, outZero = 1), rows(ends, bias = 0, multiplier = 65535, shift))
        check(dut, Layer(midWide, shift = shift, outZero = 1), rows(ends, bias = Int.MaxValue, multiplier = 1, shift = 15))
      }
    }
    scenario(dut, "Every row should keep its own bias, multiplier, shift and skip values, one row per cycle or with gaps") {
      val random = new Random(1)
      for (_ <- 0 until 25) check(dut, randomLayer(random), Seq.fill(25)(randomRow(random)))
    }
  }
}
