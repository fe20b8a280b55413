package proprunn.array

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig

import scala.collection.mutable
import scala.util.Random

class ArrayPipelineSpec extends Scenarios {
  private val config  = AcceleratorConfig(rows = 4, lanes = 8, bankDepth = 32, vectorDepth = 64, listDepth = 64, dramBytes = 8)
  private val padding = 77
  private val pixels  = config.bankDepth * config.lanes
  private val source  = new Random(1)
  private val memory  = Seq.fill(pixels)(source.nextInt(256))
  private val entries = Scene.entries(config, source, config.listDepth, pixels / 2)
  private val weights = Seq.fill(config.vectorDepth)(Seq.fill(config.rows)(if (source.nextInt(4) == 0) 0 else source.between(-128, 128)))
  private val scene   = Scene(config, pitch = 7, inHeight = 6, inWidth = 7, originFlat = 0, originY = -1, originX = -1)

  /** A tile that the drain takes: sums by row and lane, and the lanes to write. */
  private case class Tile(sums: Seq[Seq[Int]], mask: Seq[Boolean])

  private def activations(vector: Vector): Seq[Int] = {
    val entry = entries(vector.entry)
    scene.addresses(vector, entry).zip(scene.inside(vector, entry)).map { case (address, inside) => if (inside) memory(address) else padding }
  }

  private def after(sums: Seq[Seq[Int]], vector: Vector): Seq[Seq[Int]] =
    for ((row, weight) <- sums.zip(weights(vector.weights))) yield for ((sum, activation) <- row.zip(activations(vector))) yield {
      val operand = if (!vector.maximum) weight * activation else if (weight == 0) 0 else activation
      if (vector.load) operand else if (vector.maximum) math.max(sum, operand) else sum + operand
    }

  private def meaning(vectors: Seq[Vector]): Seq[Tile] = {
    val sums = vectors.scanLeft(Seq.fill(config.rows)(Seq.fill(config.lanes)(0)))(after).tail
    for ((vector, sum) <- vectors.zip(sums) if vector.transfer) yield Tile(sum, scene.window(vector))
  }

  private def usefulCells(vector: Vector): Int = {
    val lanes = if (vector.pool) scene.inside(vector, entries(vector.entry)) else scene.window(vector)
    weights(vector.weights).count(_ != 0) * lanes.count(identity)
  }

  /** Issues vectors and answers as list, vector memory and banks do. */
  private class Bench(dut: ArrayPipeline, patience: Double, scene: Scene = scene) {
    val tiles: mutable.Buffer[Tile] = mutable.Buffer()
    val faults: mutable.Buffer[Int] = mutable.Buffer()
    var (cells, signals, cycles)    = (0, (0, 0), 0)

    /** Cells that had been counted whenever the array said that those behind a MARK follow. */
    val opened: mutable.Buffer[Int] = mutable.Buffer()
    private val random              = new Random(2)
    scene.describe(dut.io.geometry, dut.io.window)
    dut.io.geometry.padValue.poke(padding)

    private def joined(bytes: Seq[Int]): BigInt = bytes.zipWithIndex.map { case (byte, i) => BigInt(byte & 0xff) << (8 * i) }.reduce(_ | _)

    /** What the memories are asked for in this cycle; to be answered in the next. */
    private def questions(): Seq[() => Unit] = {
      val list = Option.when(dut.io.listRead.enable.peek().litToBoolean)(dut.io.listRead.address.peek().litValue.toInt)
      val vector = Option.when(dut.io.vectorRead.enable.peek().litToBoolean)(dut.io.vectorRead.address.peek().litValue.toInt)
      val rows = Option.when(dut.io.bankRead.valid.peek().litToBoolean) {
        val bits     = dut.io.bankRead.bits
        val useUpper = bits.useUpper.peek().litValue
        Seq.tabulate(config.lanes)(bank => (if (useUpper.testBit(bank)) bits.upper else bits.lower).peek().litValue.toInt)
      }
      Seq(
        () => list.foreach(address => dut.io.listRead.data.poke(entries(address).bits)),
        () => vector.foreach(address => dut.io.vectorRead.data.poke(joined(weights(address)))),
        () => for (r <- rows; (row, bank) <- r.zipWithIndex) dut.io.bankData(bank).poke(memory((row % config.bankDepth) * config.lanes + bank))
      )
    }

    private def keep(advance: Boolean): Unit = {
      if (advance && dut.io.transfer.peek().litToBoolean) {
        val mask = dut.io.drainMask.peek().litValue
        tiles += Tile(dut.io.sums.map(_.map(_.peek().litValue.toInt)), Seq.tabulate(config.lanes)(mask.testBit))
      }
      if (dut.io.fault.valid.peek().litToBoolean) faults += dut.io.fault.bits.peek().litValue.toInt
      if (dut.io.opened.peek().litToBoolean) opened += cells
      cells += dut.io.usefulCells.peek().litValue.toInt
      signals = (signals._1 + dut.io.signalA.peek().litValue.toInt, signals._2 + dut.io.signalB.peek().litValue.toInt)
    }

    private def step(vector: Option[(Vector, Int)]): Boolean = {
      val advance = random.nextDouble() < patience
      dut.io.advance.poke(advance)
      dut.io.issue.valid.poke(advance && vector.nonEmpty)
      for ((v, index) <- vector) scene.issue(dut.io.issue.bits, v, index)
      keep(advance)
      val answers = questions()
      dut.clock.step()
      answers.foreach(_())
      cycles += 1
      assert(cycles < 3000, "the vectors never end")
      advance
    }

    def run(vectors: Seq[Vector]): Unit = {
      for (vector <- vectors.zipWithIndex) while (!step(Some(vector))) {}
      while (dut.io.occupied.peek().litToBoolean) step(None)
      // Events are registered.
      step(None)
    }
  }

  private def convolution(random: Random, tiles: Int, length: Int, maximum: Boolean = false): Seq[Vector] =
    for (tile <- 0 until tiles; i <- 0 until length)
      yield Vector(tile, random.nextInt(entries.size), random.nextInt(weights.size), i == 0, load = i == 0, transfer = i == length - 1, maximum)

  private def check(dut: ArrayPipeline, vectors: Seq[Vector], patience: Double): Bench = {
    val bench = new Bench(dut, patience)
    bench.run(vectors)
    assert(bench.tiles.toSeq == meaning(vectors))
    assert(bench.cells == vectors.map(usefulCells).sum)
    assert(bench.signals == ((vectors.count(_.transfer), vectors.count(_.load))))
    assert(bench.faults.isEmpty)
    bench
  }

  "The array" should "hold to every sentence below" in simulate(new ArrayPipeline(config)) { dut =>
    scenario(dut, "Tiles should hold the sums that their vectors mean, whenever the drain lets them go on") {
      for (patience <- Seq(1.0, 0.6)) {
        val random = new Random(3)
        check(dut, convolution(random, tiles = 6, length = 5) ++ convolution(random, tiles = 6, length = 1), patience)
      }
    }
    scenario(dut, "Pools should take the greatest, and add up over tiles") {
      val random = new Random(4)
      check(dut, convolution(random, tiles = 4, length = 4, maximum = true), patience = 1.0)
      val average = Seq.tabulate(5)(tile => Vector(tile, tile, tile, newTile = true, load = tile == 0, transfer = tile == 4, pool = true))
      check(dut, average, patience = 0.7)
    }
    scenario(dut, "The first vector behind a MARK should be told from those before when its cells are counted") {
      val bench = new Bench(dut, patience = 0.7)
      bench.run(convolution(new Random(6), tiles = 3, length = 4))
      bench.run(convolution(new Random(7), tiles = 2, length = 4))
      val first = convolution(new Random(6), tiles = 3, length = 4).map(usefulCells).sum
      assert(bench.opened.toSeq == Seq(0, first))
    }
    scenario(dut, "A vector should be taken in every cycle") {
      val vectors = convolution(new Random(5), tiles = 6, length = 10)
      val bench   = check(dut, vectors, patience = 1.0)
      assert(bench.cycles <= vectors.size + 15, s"${vectors.size} vectors took ${bench.cycles} cycles")
    }
    scenario(dut, "A vector that reads beyond the banks should be reported with its instruction") {
      val far     = scene.copy(originFlat = pixels - 30, originY = 0, originX = 0)
      val vectors = Seq.tabulate(12)(i => Vector(i / 2, i, 0, newTile = i % 2 == 0, load = true))
      val bench   = new Bench(dut, patience = 1.0, far)
      bench.run(vectors)
      def beyond(vector: Vector): Boolean = {
        val entry = entries(vector.entry)
        far.addresses(vector, entry).zip(far.inside(vector, entry)).exists { case (address, inside) => inside && address >= pixels }
      }
      val expected = vectors.indices.filter(i => beyond(vectors(i)))
      assert(expected.nonEmpty && expected.size < vectors.size)
      assert(bench.faults.toSeq == expected)
    }
  }
}
