package proprunn.array

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig

import scala.util.Random

class PeArraySpec extends Scenarios {
  private val config = AcceleratorConfig(rows = 2, lanes = 4, dramBytes = 4)

  /** What the cells are asked to do with one vector. */
  private case class Vector(weights: Seq[Int], activations: Seq[Int], load: Boolean, maximum: Boolean)

  /** The sums after a vector, as `hwservice/interpreter` has them. */
  private def after(sums: Seq[Seq[Int]], vector: Vector): Seq[Seq[Int]] =
    for ((row, weight) <- sums.zip(vector.weights)) yield for ((sum, activation) <- row.zip(vector.activations)) yield {
      val operand = if (!vector.maximum) weight * activation else if (weight == 0) 0 else activation
      if (vector.load) operand else if (vector.maximum) math.max(sum, operand) else sum + operand
    }

  private def multiply(dut: PeArray, vector: Vector): Unit = {
    dut.io.multiply.poke(true)
    dut.io.select.poke(vector.maximum)
    for ((weight, row) <- vector.weights.zipWithIndex) dut.io.weights(row).poke(weight)
    for ((activation, lane) <- vector.activations.zipWithIndex) dut.io.activations(lane).poke(activation)
  }

  private def accumulate(dut: PeArray, vector: Vector): Unit = {
    dut.io.accumulate.poke(true)
    dut.io.load.poke(vector.load)
    dut.io.maximum.poke(vector.maximum)
  }

  private def sums(dut: PeArray): Seq[Seq[Int]] = dut.io.out.map(_.map(_.peek().litValue.toInt))

  /** A vector per cycle: one is multiplied while the one before it is added. */
  private def run(dut: PeArray, vectors: Seq[Vector]): Unit = {
    for ((previous, next) <- (None +: vectors.map(Some(_))).zip(vectors.map(Some(_)) :+ None)) {
      dut.io.multiply.poke(false)
      dut.io.accumulate.poke(false)
      next.foreach(multiply(dut, _))
      previous.foreach(accumulate(dut, _))
      dut.clock.step()
    }
    dut.io.accumulate.poke(false)
  }

  private def random(random: Random, load: Boolean, maximum: Boolean) = Vector(
    Seq.fill(config.rows)(if (random.nextInt(4) == 0) 0 else random.between(-128, 128)),
    Seq.fill(config.lanes)(random.nextInt(256)),
    load,
    maximum
  )

  "The array of cells" should "hold to every sentence below" in simulate(new PeArray(config)) { dut =>
    scenario(dut, "Every cell should add up its row's weights times its lane's activations") {
      val source  = new Random(1)
      val vectors = Seq.tabulate(60)(i => random(source, load = i % 20 == 0, maximum = false))
      run(dut, vectors)
      assert(sums(dut) == vectors.foldLeft(Seq.fill(config.rows)(Seq.fill(config.lanes)(0)))(after))
    }
    scenario(dut, "Products should be exact at the ends of their operands") {
      for (weights <- Seq(Seq(-128, 127), Seq(-127, 1), Seq(-1, 0))) {
        val vector = Vector(weights, Seq(0, 1, 128, 255), load = true, maximum = false)
        run(dut, Seq(vector))
        assert(sums(dut) == weights.map(weight => vector.activations.map(_ * weight)))
      }
    }
    scenario(dut, "Sums should wrap around at 32 bits, as the interpreter's do") {
      val (vector, times) = (Vector(Seq(-128, 127), Seq(255, 255, 254, 1), load = true, maximum = false), 70000)
      run(dut, Seq(vector))
      accumulate(dut, vector.copy(load = false))
      dut.clock.step(times - 1)
      dut.io.accumulate.poke(false)
      assert(sums(dut) == vector.weights.map(weight => vector.activations.map(_ * weight * times)))
    }
    scenario(dut, "Maximum should pick the largest activation whose weight is not 0, and 0 where none is larger") {
      val source  = new Random(2)
      val vectors = Seq.tabulate(12)(i => random(source, load = i == 0, maximum = true))
      run(dut, vectors)
      assert(sums(dut) == vectors.foldLeft(Seq.fill(config.rows)(Seq.fill(config.lanes)(0)))(after))
    }
    scenario(dut, "Sums should stay as they are while nothing is accumulated") {
      val vectors = Seq(random(new Random(3), load = true, maximum = false))
      run(dut, vectors)
      val before = sums(dut)
      multiply(dut, random(new Random(4), load = true, maximum = false))
      dut.clock.step(3)
      assert(sums(dut) == before)
    }
  }
}
