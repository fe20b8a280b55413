package proprunn.postprocess

import proprunn.Scenarios
import proprunn.config.AcceleratorConfig

import scala.collection.mutable

class ScatterWalkerSpec extends Scenarios {
  private val config = AcceleratorConfig(rows = 4, lanes = 8, bankDepth = 64, dramBytes = 8)
  private val lanes  = config.lanes

  private case class Layer(mapPitch: Int, strideY: Int, strideX: Int, pitch: Int = 5, phaseRows: Int = 6, offset: Int = 0, paired: Boolean = false)

  private def set(dut: ScatterWalker, layer: Layer): Unit = {
    dut.io.mapPitch.poke(layer.mapPitch)
    val s = dut.io.settings
    s.scatter.poke(true)
    s.pitch.poke(layer.pitch)
    s.strideY.poke(layer.strideY)
    s.strideX.poke(layer.strideX)
    s.phaseRows.poke(layer.phaseRows)
    s.rowPhaseRows.poke(layer.strideX * layer.phaseRows)
    s.offset.poke(layer.offset)
    s.paired.poke(layer.paired)
  }

  /** Flat pixel of the memory that a pixel of the map is written to, as the interpreter has it. */
  private def place(layer: Layer, outRow: Int, pixel: Int): Int = {
    val (y, x) = (pixel / layer.mapPitch, pixel % layer.mapPitch)
    val phase  = (y % layer.strideY) * layer.strideX + x % layer.strideX
    val moved  = if (layer.paired && layer.strideX == 2) x % 2 * lanes / 2 else 0
    (outRow + phase * layer.phaseRows) * lanes + layer.offset + y / layer.strideY * layer.pitch + x / layer.strideX + moved
  }

  /** Lane and flat pixel of everything that a run covers. */
  private def covered(run: WriteRun): Seq[(Int, Int)] = {
    val (first, end) = (run.first.peek().litValue.toInt, run.end.peek().litValue.toInt)
    val alternate    = run.alternate.peek().litToBoolean
    val start        = run.row.peek().litValue.toInt * lanes + run.linear.peek().litValue.toInt
    val far          = run.apart.peek().litValue.toInt * lanes + lanes / 2
    if (run.paired.peek().litToBoolean) for (lane <- first until end) yield lane -> (start + lane / 2 + lane % 2 * far)
    else for (lane <- first until end by (if (alternate) 2 else 1)) yield lane -> (start + (if (alternate) lane / 2 else lane))
  }

  /** Walks one row of a tile; where each of its lanes is written to, and in how many writes. */
  private def walk(
      dut: ScatterWalker,
      outRow: Int,
      last: Boolean = true,
      restart: Boolean = false,
      save: Boolean = false,
      restore: Boolean = false
  ): (Seq[Int], Int) = {
    val row = dut.io.row.bits
    dut.io.row.valid.poke(true)
    row.outRow.poke(outRow)
    row.last.poke(last)
    row.work.restart.poke(restart)
    row.work.save.poke(save)
    row.work.restore.poke(restore)
    row.work.signalA.poke(true)
    val places = mutable.Buffer[(Int, Int)]()
    var writes = 0
    var ended  = false
    while (!ended) {
      dut.io.run.valid.expect(true)
      places ++= covered(dut.io.run.bits)
      writes += 1
      assert(writes <= lanes, "the row never ends")
      ended = dut.io.row.ready.peek().litToBoolean
      dut.io.run.bits.signalA.expect(ended && last)
      dut.clock.step()
    }
    dut.io.row.valid.poke(false)
    assert(places.map(_._1).sorted == (0 until lanes), "every lane is written once")
    (places.sorted.map(_._2).toSeq, writes)
  }

  private def expectTile(dut: ScatterWalker, layer: Layer, tile: Int, walked: (Seq[Int], Int), outRow: Int): Unit = {
    val expected = Seq.tabulate(lanes)(lane => place(layer, outRow, tile * lanes + lane))
    assert(walked._1 == expected, s"tile $tile of $layer")
  }

  private val layers = for (pitch <- Seq(1, 3, 5, 8, 11, 30); (strideY, strideX) <- Seq((1, 1), (1, 2), (2, 2), (2, 1), (3, 3), (2, 5)))
    yield Layer(pitch, strideY, strideX, offset = 7 * strideX - 9, paired = pitch % 3 != 1)

  "The scatter walk" should "hold to every sentence below" in simulate(new ScatterWalker(config)) { dut =>
    scenario(dut, "Every pixel should go to its place in the plane of its phase, for all rows of all tiles") {
      for (layer <- layers) {
        set(dut, layer)
        for (tile <- 0 until 6; row <- 0 until 2)
          expectTile(dut, layer, tile, walk(dut, outRow = 3 + 20 * row, last = row == 1, restart = tile == 0), outRow = 3 + 20 * row)
      }
    }
    scenario(dut, "A tile should take a write per map row, twice that for stride 2, and one per pixel for more") {
      for ((strideX, writes) <- Seq(1 -> 2, 2 -> 4, 3 -> 8)) {
        val layer = Layer(mapPitch = 5, strideY = 1, strideX = strideX)
        set(dut, layer)
        assert(walk(dut, outRow = 0, restart = true)._2 == writes)
      }
    }
    scenario(dut, "Paired columns should take one write per map row where the map's pitch is even") {
      for ((pitch, writes) <- Seq(8 -> 1, 4 -> 2, 6 -> 2, 16 -> 1, 5 -> 4)) {
        val layer = Layer(mapPitch = pitch, strideY = 2, strideX = 2, paired = true)
        set(dut, layer)
        val walked = walk(dut, outRow = 1, restart = true)
        expectTile(dut, layer, 0, walked, outRow = 1)
        assert(walked._2 == writes, s"at pitch $pitch")
      }
    }
    scenario(dut, "An instruction that holds its cursor should be followed by one that walks the same tiles") {
      val layer = Layer(mapPitch = 5, strideY = 2, strideX = 2)
      set(dut, layer)
      expectTile(dut, layer, 0, walk(dut, outRow = 0, restart = true), outRow = 0)
      for (outRow <- Seq(0, 30)) {
        expectTile(dut, layer, 1, walk(dut, outRow, save = true), outRow)
        expectTile(dut, layer, 2, walk(dut, outRow, restore = true), outRow)
      }
      expectTile(dut, layer, 1, walk(dut, outRow = 5), outRow = 5)
      expectTile(dut, layer, 2, walk(dut, outRow = 7, save = true, restore = true), outRow = 7)
      expectTile(dut, layer, 2, walk(dut, outRow = 9), outRow = 9)
      expectTile(dut, layer, 3, walk(dut, outRow = 9), outRow = 9)
    }
    scenario(dut, "Without scatter a row should be one write, behind its tile's number") {
      for ((pool, row) <- Seq(false -> 14, true -> 4)) {
        dut.io.row.valid.poke(true)
        dut.io.row.bits.outRow.poke(4)
        dut.io.row.bits.work.tile.poke(10)
        dut.io.row.bits.work.pool.poke(pool)
        dut.io.row.ready.expect(true)
        assert(covered(dut.io.run.bits) == Seq.tabulate(lanes)(lane => lane -> (row * lanes + lane)))
        dut.clock.step()
      }
    }
  }
}
