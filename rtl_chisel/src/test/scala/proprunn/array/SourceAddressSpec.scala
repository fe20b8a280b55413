package proprunn.array

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig

import scala.collection.mutable
import scala.util.Random

class SourceAddressSpec extends Scenarios {
  private val config  = AcceleratorConfig(rows = 4, lanes = 8, bankDepth = 20, vectorDepth = 64, listDepth = 64, dramBytes = 8)
  private val entries = Scene.entries(config, new Random(1), config.listDepth, pixels = config.bankDepth * config.lanes)

  /** Where each lane inside the plane reads, and whether that row exists. */
  private case class Source(pixels: Seq[Option[Int]], beyond: Boolean, window: Seq[Boolean], weights: Int, index: Int)

  private def bits(word: BigInt): Seq[Boolean] = Seq.tabulate(config.lanes)(word.testBit)

  private def shown(dut: SourceAddress): Source = {
    val out                = dut.io.out.bits
    val (lower, upper)     = (out.rows.lower.peek().litValue.toInt, out.rows.upper.peek().litValue.toInt)
    val (useUpper, inside) = (bits(out.rows.useUpper.peek().litValue), bits(out.inside.peek().litValue))
    val shift              = out.shift.peek().litValue.toInt
    val (lowerBeyond, upperBeyond) = (out.lowerBeyond.peek().litToBoolean, out.upperBeyond.peek().litToBoolean)
    val banks  = Seq.tabulate(config.lanes)(lane => (shift + lane) % config.lanes)
    val beyond = banks.map(bank => if (useUpper(bank)) upperBeyond else lowerBeyond)
    val pixels = for ((bank, lane) <- banks.zipWithIndex)
      yield Option.when(inside(lane) && !beyond(lane))((if (useUpper(bank)) upper else lower) * config.lanes + bank)
    Source(
      pixels,
      inside.zip(beyond).exists { case (inside, beyond) => inside && beyond },
      bits(out.window.peek().litValue),
      out.vectorAddress.peek().litValue.toInt,
      out.index.peek().litValue.toInt
    )
  }

  private def meaning(scene: Scene, vector: Vector, index: Int): Source = {
    val reads = scene.addresses(vector, entries(vector.entry)).zip(scene.inside(vector, entries(vector.entry)))
    val last  = config.bankDepth * config.lanes
    Source(
      reads.map { case (address, inside) => Option.when(inside && address < last)(address) },
      reads.exists { case (address, inside) => inside && address >= last },
      scene.window(vector),
      vector.weights,
      index
    )
  }

  /** Vectors of several maps, one map after the other. */
  private type Walks = Seq[(Scene, Seq[Vector])]

  /** Sends vectors through and returns what comes out; all stages stand still at random. A map is described from its first vector on. */
  private def run(dut: SourceAddress, walks: Walks, patience: Double): Seq[Source] = {
    val random  = new Random(2)
    val waiting = mutable.Queue.from(for ((scene, vectors) <- walks; (vector, index) <- vectors.zipWithIndex) yield (scene, vector, index))
    val sources = mutable.Buffer[Source]()
    do {
      val advance = random.nextDouble() < patience
      val held    = waiting.headOption.exists(_._3 == 0) && dut.io.taking.peek().litToBoolean
      val issues  = advance && waiting.nonEmpty && !held && random.nextInt(8) != 0
      dut.io.advance.poke(advance)
      dut.io.issue.valid.poke(issues)
      for ((scene, vector, index) <- waiting.headOption if issues) {
        scene.issue(dut.io.issue.bits, vector, index)
        if (index == 0) described = Some(scene)
      }
      if (advance && dut.io.out.valid.peek().litToBoolean) sources += shown(dut)
      dut.clock.step()
      if (issues) dut.io.entry.poke(entries(waiting.dequeue()._2.entry).bits)
      for (scene <- described) scene.describe(dut.io.geometry, dut.io.window)
      described = None
    } while (waiting.nonEmpty || dut.io.occupied.peek().litToBoolean)
    sources.toSeq
  }
  private var described = Option.empty[Scene]

  private def check(dut: SourceAddress, walks: Walks, patience: Double): Unit = {
    val expected = for ((scene, vectors) <- walks; (vector, index) <- vectors.zipWithIndex) yield meaning(scene, vector, index)
    assert(run(dut, walks, patience) == expected)
  }

  private def vectors(random: Random, tiles: Int): Seq[Vector] = for (tile <- 0 until tiles; i <- 0 until 1 + random.nextInt(4))
    yield Vector(tile, random.nextInt(entries.size), random.nextInt(config.vectorDepth), newTile = i == 0)

  "Source addresses" should "hold to every sentence below" in simulate(new SourceAddress(config)) { dut =>
    scenario(dut, "Every lane should read its own pixel of the banks, or none, and know whether its row exists") {
      val scenes = Seq(
        Scene(config, pitch = 6, inHeight = 5, inWidth = 6, originFlat = -7, originY = -1, originX = -1),
        Scene(config, pitch = 9, inHeight = 4, inWidth = 7, originFlat = 0, originY = 0, originX = 0),
        Scene(config, pitch = 1, inHeight = 40, inWidth = 1, originFlat = 13, originY = 2, originX = -1)
      )
      for (scene <- scenes; patience <- Seq(1.0, 0.6)) {
        check(dut, Seq(scene -> vectors(new Random(3), tiles = 6)), patience)
      }
      for (patience <- Seq(1.0, 0.6); tiles <- Seq(1, 2)) {
        val random = new Random(4)
        check(dut, Seq.tabulate(12)(i => scenes(i % 3) -> vectors(random, tiles)), patience)
      }
    }
    scenario(dut, "Addresses should be taken modulo 2**22") {
      val scene = Scene(config, pitch = 8, inHeight = 3, inWidth = 8, originFlat = -30, originY = 0, originX = 0)
      val walk  = Seq.tabulate(20)(i => Vector(tile = i % 3, entry = i, weights = i, newTile = true))
      check(dut, Seq(scene -> walk), patience = 1.0)
    }
  }
}
